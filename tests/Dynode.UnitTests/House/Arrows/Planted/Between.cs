namespace Dynode.UnitTests.House.Arrows.Planted;

/// <summary>Gives and takes what a type is not to name in any other way than the one that is planted.</summary>
internal static class Between
{
    public static There.Local? Local() => null;

    public static bool Take(There.Local? local) => local is not null;

    public static There.AsyncLocal? AsyncLocal() => null;

    public static bool Take(There.AsyncLocal? local) => local is not null;

    public static There.FieldRead Read { get; } = new();

    public static There.FieldWritten Written { get; } = new();

    public static There.FieldAddress Address { get; } = new();

    public static There.InstanceCall Instance { get; } = new();

    public static There.VirtualGroup Virtual { get; } = new();

    public static There.Operator Operator { get; } = new();

    public static object Something { get; } = new();

    public static void Take(There.Default value) => GC.KeepAlive(value);

    public static void Take(object? value) => GC.KeepAlive(value);

    public static void Take(ref int value) => value++;

    public static unsafe delegate*<There.CalledPointer, void> Called => null;

    public static There.Boxed Boxed => default;

    public static There.Reference?[] References() => [];

    public static bool Take(ref There.Reference? value) => value is not null;

    public static void Give() => GC.KeepAlive(null);
}

/// <summary>With arguments that name types.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
internal sealed class MarkAttribute(Type? type = null) : Attribute
{
    public Type? Type { get; } = type;

    public object? Value { get; set; }

    public Type[]? Types { get; set; }
}
