using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Dynode.UnitTests.House.Arrows;

/// <summary>
/// Reads which type of a compiled assembly knows which other: from what it inherits, implements, holds, takes, gives, is bound to
/// and is marked with, and from each instruction, local and catch clause of its methods. What the compiler makes of a lambda, an
/// iterator or an async method is nested in the type that it was written in, and counts for that.
/// <para>
/// What the compiler itself replaces leaves no trace, and is not seen: a constant, an enumeration's value that is merely compared,
/// <c>nameof</c>, a <c>using</c> line, a link in a comment.
/// </para>
/// </summary>
internal sealed class AssemblyArrows
{
    private readonly PEReader _file;
    private readonly MetadataReader _reader;
    private readonly SignatureNames _signatures;
    private readonly AttributeNames _attributes;
    private readonly HashSet<Arrow> _arrows = [];
    private string _from = "";
    private string _fromType = "";

    private AssemblyArrows(PEReader file)
    {
        _file = file;
        _reader = file.GetMetadataReader();
        _signatures = new SignatureNames(See);
        _attributes = new AttributeNames(See, See);
    }

    /// <summary>All arrows from one namespace to another, also to those of other assemblies.</summary>
    public static IReadOnlySet<Arrow> Read(Assembly assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly.Location));
        var arrows = new AssemblyArrows(file);
        foreach (var type in arrows._reader.TypeDefinitions)
            arrows.SeeType(type);
        return arrows._arrows;
    }

    private void SeeType(TypeDefinitionHandle handle)
    {
        (_from, _fromType) = NameOf(handle);
        var type = _reader.GetTypeDefinition(handle);
        See(type.BaseType);
        See(type.GetGenericParameters());
        See(type.GetCustomAttributes());
        foreach (var implementation in type.GetInterfaceImplementations().Select(_reader.GetInterfaceImplementation))
        {
            See(implementation.Interface);
            See(implementation.GetCustomAttributes());
        }

        foreach (var implementation in type.GetMethodImplementations().Select(_reader.GetMethodImplementation))
            See(implementation.MethodDeclaration);
        foreach (var field in type.GetFields().Select(_reader.GetFieldDefinition))
        {
            field.DecodeSignature(_signatures, null);
            See(field.GetCustomAttributes());
        }

        foreach (var property in type.GetProperties().Select(_reader.GetPropertyDefinition))
        {
            property.DecodeSignature(_signatures, null);
            See(property.GetCustomAttributes());
        }

        foreach (var definition in type.GetEvents().Select(_reader.GetEventDefinition))
        {
            See(definition.Type);
            See(definition.GetCustomAttributes());
        }

        foreach (var method in type.GetMethods().Select(_reader.GetMethodDefinition))
            See(method);
    }

    private void See(MethodDefinition method)
    {
        method.DecodeSignature(_signatures, null);
        See(method.GetGenericParameters());
        See(method.GetCustomAttributes());
        foreach (var parameter in method.GetParameters())
            See(_reader.GetParameter(parameter).GetCustomAttributes());
        if (method.RelativeVirtualAddress == 0)
            return;
        var body = _file.GetMethodBody(method.RelativeVirtualAddress);
        See(body.LocalSignature);
        foreach (var region in body.ExceptionRegions)
            See(region.CatchType);
        foreach (int token in MethodBodyTokens.Read(body.GetILContent().AsSpan()))
            See(MetadataTokens.EntityHandle(token));
    }

    private void See(GenericParameterHandleCollection parameters)
    {
        foreach (var parameter in parameters.Select(_reader.GetGenericParameter))
        {
            See(parameter.GetCustomAttributes());
            foreach (var constraint in parameter.GetConstraints().Select(_reader.GetGenericParameterConstraint))
            {
                See(constraint.Type);
                See(constraint.GetCustomAttributes());
            }
        }
    }

    private void See(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes.Select(_reader.GetCustomAttribute))
        {
            See(attribute.Constructor);
            attribute.DecodeValue(_attributes);
        }
    }

    /// <summary>Whatever it is, down to the types that it is of.</summary>
    private void See(EntityHandle handle)
    {
        if (handle.IsNil)
            return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition or HandleKind.TypeReference:
                Add(NameOf(handle));
                break;
            case HandleKind.TypeSpecification:
                _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_signatures, null);
                break;
            case HandleKind.MethodDefinition:
                See(_reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                See(_reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                See(_reader.GetMemberReference((MemberReferenceHandle)handle).Parent);
                break;
            case HandleKind.MethodSpecification:
                var method = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                See(method.Method);
                method.DecodeSignature(_signatures, null);
                break;
            case HandleKind.StandaloneSignature:
                See(_reader.GetStandaloneSignature((StandaloneSignatureHandle)handle));
                break;
            default:
                throw new InvalidDataException($"{_fromType} refers to a {handle.Kind}, which nothing here reads");
        }
    }

    private void See(StandaloneSignature signature)
    {
        if (signature.GetKind() == StandaloneSignatureKind.LocalVariables)
            signature.DecodeLocalSignature(_signatures, null);
        else
            signature.DecodeMethodSignature(_signatures, null);
    }

    private void See(TypeName name)
    {
        if (name.IsConstructedGenericType)
        {
            foreach (var argument in name.GetGenericArguments())
                See(argument);
            See(name.GetGenericTypeDefinition());
        }
        else if (!name.IsSimple)
        {
            See(name.GetElementType());
        }
        else
        {
            var outermost = name;
            while (outermost.IsNested)
                outermost = outermost.DeclaringType;
            Add((outermost.FullName[..Math.Max(0, outermost.FullName.LastIndexOf('.'))], outermost.Name));
        }
    }

    private (string Namespace, string Type) NameOf(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeReference)
        {
            var reference = _reader.GetTypeReference((TypeReferenceHandle)handle);
            return reference.ResolutionScope.Kind == HandleKind.TypeReference
                ? NameOf(reference.ResolutionScope)
                : (_reader.GetString(reference.Namespace), _reader.GetString(reference.Name));
        }

        var type = _reader.GetTypeDefinition((TypeDefinitionHandle)handle);
        return type.GetDeclaringType() is { IsNil: false } outer ? NameOf(outer) : (_reader.GetString(type.Namespace), _reader.GetString(type.Name));
    }

    private void Add((string Namespace, string Type) known)
    {
        if (known.Namespace != _from)
            _arrows.Add(new Arrow(_from, _fromType, known.Namespace, known.Type));
    }
}
