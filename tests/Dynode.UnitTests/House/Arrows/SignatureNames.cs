using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Dynode.UnitTests.House.Arrows;

/// <summary>Tells every type that a signature names, at whatever depth: arguments of generic types, elements, modifiers, pointers to functions.</summary>
internal sealed class SignatureNames(Action<EntityHandle> see) : ISignatureTypeProvider<SignatureNames.Seen, object?>
{
    public Seen GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => See(handle);

    public Seen GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => See(handle);

    public Seen GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) => See(handle);

    public Seen GetModifiedType(Seen modifier, Seen unmodifiedType, bool isRequired) => default;

    public Seen GetFunctionPointerType(MethodSignature<Seen> signature) => default;

    public Seen GetGenericInstantiation(Seen genericType, ImmutableArray<Seen> typeArguments) => default;

    public Seen GetArrayType(Seen elementType, ArrayShape shape) => default;

    public Seen GetSZArrayType(Seen elementType) => default;

    public Seen GetByReferenceType(Seen elementType) => default;

    public Seen GetPointerType(Seen elementType) => default;

    public Seen GetPinnedType(Seen elementType) => default;

    public Seen GetPrimitiveType(PrimitiveTypeCode typeCode) => default;

    public Seen GetGenericMethodParameter(object? genericContext, int index) => default;

    public Seen GetGenericTypeParameter(object? genericContext, int index) => default;

    private Seen See(EntityHandle type)
    {
        see(type);
        return default;
    }

    /// <summary>Nothing: who is told has seen it already.</summary>
    internal readonly record struct Seen;
}
