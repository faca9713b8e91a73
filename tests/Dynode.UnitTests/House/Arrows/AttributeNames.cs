using System.Reflection.Metadata;

namespace Dynode.UnitTests.House.Arrows;

/// <summary>
/// Tells every type that an attribute's arguments name: a <c>typeof</c>, and the type of an enumeration's value. The compiler writes
/// some of them as handles, and others as the texts that reflection takes.
/// </summary>
internal sealed class AttributeNames(Action<EntityHandle> see, Action<TypeName> seeName) : ICustomAttributeTypeProvider<AttributeNames.Argument>
{
    private static readonly Argument TypeItself = new(true, default);

    public Argument GetPrimitiveType(PrimitiveTypeCode typeCode) => default;

    public Argument GetSystemType() => TypeItself;

    public Argument GetSZArrayType(Argument elementType) => default;

    public Argument GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        see(handle);
        var type = reader.GetTypeDefinition(handle);
        return Named(type.GetDeclaringType() is { IsNil: false } outer ? FullName(reader, outer) + "+" + reader.GetString(type.Name) : FullName(reader, handle));
    }

    public Argument GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        see(handle);
        return Named(FullName(reader, handle));
    }

    public Argument GetTypeFromSerializedName(string? name)
    {
        // A typeof that is null.
        if (string.IsNullOrEmpty(name))
            return TypeItself;
        var parsed = TypeName.Parse(name);
        seeName(parsed);
        return Named(parsed.FullName);
    }

    public PrimitiveTypeCode GetUnderlyingEnumType(Argument type) => type.Underlying;

    public bool IsSystemType(Argument type) => type.IsType;

    private static string FullName(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        return $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }

    private static string FullName(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        return type.ResolutionScope is { Kind: HandleKind.TypeReference } outer
            ? FullName(reader, (TypeReferenceHandle)outer) + "+" + reader.GetString(type.Name)
            : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
    }

    // How many bytes an enumeration's value takes stands with its type alone; every assembly that is read here is loaded too.
    private static Argument Named(string fullName)
    {
        if (fullName == "System.Type")
            return TypeItself;
        var type = AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(fullName)).FirstOrDefault(found => found is { IsEnum: true });
        var code = type is null ? TypeCode.Int32 : Type.GetTypeCode(type.GetEnumUnderlyingType());

        // The two lists are in the same order.
        return new(false, (PrimitiveTypeCode)((int)PrimitiveTypeCode.Boolean + (code - TypeCode.Boolean)));
    }

    /// <param name="IsType">A value of this type is itself a type.</param>
    /// <param name="Underlying">Of an enumeration.</param>
    internal readonly record struct Argument(bool IsType, PrimitiveTypeCode Underlying);
}
