// Nobody writes them, and what derives from them is planted or not as it happens.
#pragma warning disable CS0649, CA1018, CA1852

namespace Dynode.UnitTests.House.Arrows.Planted.There;

/// <summary>What the types of the neighbouring namespace know, each in one way: <c>OfField</c> knows <see cref="Field"/> as the type of a field.</summary>
internal class Base;

internal interface Interface;

internal interface InterfaceArgument;

internal interface Explicit
{
    void Do();
}

internal class Field;

internal class Property;

internal delegate void Event();

internal class Parameter;

internal class Returned;

internal class Local;

internal class FieldArgument;

internal class InnerArgument;

internal class MethodArgument;

internal class TypeConstraint;

internal class MethodConstraint;

internal class ConstraintArgument;

internal sealed class TypeMarkAttribute : Attribute;

internal sealed class MethodMarkAttribute : Attribute;

internal sealed class ParameterMarkAttribute : Attribute;

internal sealed class ReturnMarkAttribute : Attribute;

internal sealed class FieldMarkAttribute : Attribute;

internal sealed class PropertyMarkAttribute : Attribute;

internal sealed class EventMarkAttribute : Attribute;

internal sealed class GenericMarkAttribute : Attribute;

internal class TypeInMark;

internal class ArgumentInMark;

internal class OuterInMark
{
    internal class Inner;
}

internal class TypesInMark;

internal enum ValueInMark : long
{
    One = 1,
}

internal static class StaticCall
{
    public static void Do() => GC.KeepAlive(null);
}

internal class InstanceCall
{
    public void Do() => GC.KeepAlive(this);
}

internal static class MethodGroup
{
    public static void Do() => GC.KeepAlive(null);
}

internal class VirtualGroup
{
    public virtual void Do() => GC.KeepAlive(this);
}

internal class FieldRead
{
    public int Value = 1;
}

internal class FieldWritten
{
    public int Value;
}

internal class FieldAddress
{
    public int Value;
}

internal static class StaticField
{
    public static int Value;
}

internal class Created;

internal static class Lambda
{
    public static void Do() => GC.KeepAlive(null);
}

internal static class Closure
{
    public static int Do(int value) => value;
}

internal static class LocalFunction
{
    public static void Do() => GC.KeepAlive(null);
}

internal static class Iterator
{
    public static int Do() => 1;
}

internal static class Async
{
    public static void Do() => GC.KeepAlive(null);
}

internal class AsyncLocal;

internal class Caught : Exception;

internal static class Filter
{
    public static bool Do() => true;
}

internal static class Finally
{
    public static void Do() => GC.KeepAlive(null);
}

internal class TypeOf;

internal class OpenTypeOf<T>
{
    public T? Value;
}

internal struct SizeOf
{
    public int Value;
}

internal class Cast;

internal class Tested;

internal struct Stackalloc
{
    public int Value;
}

internal struct Default
{
    public int Value;
}

internal class Array;

internal struct Boxed
{
    public int Value;
}

internal struct Unboxed
{
    public int Value;
}

internal static class Switch
{
    public static void Do() => GC.KeepAlive(null);
}

internal static class LongOperands
{
    public static void Do() => GC.KeepAlive(null);
}

internal static class TwoBytes
{
    public static void Do() => GC.KeepAlive(null);
}

internal class FunctionPointer;

internal class CalledPointer;

internal struct Pointer
{
    public int Value;
}

internal class Tuple;

internal class Jagged;

internal class Nested
{
    internal static class Inner
    {
        public static void Do() => GC.KeepAlive(null);
    }
}

internal class Reference;

internal struct Constrained
{
    public override readonly string ToString() => "";
}

internal static class Extension
{
    public static int Twice(this int value) => value * 2;
}

internal static class ExtensionProperty
{
    extension(int value)
    {
        public int Thrice => value * 3;
    }
}

internal class Operator
{
    public static int operator +(Operator left, int right) => left.GetHashCode() + right;
}

internal static class Initializer
{
    public static int Do() => 1;
}

internal static class StaticInitializer
{
    public static int Do() => 1;
}

internal static class Accessor
{
    public static int Do() => 1;
}

internal static class NestedType
{
    public static int Do() => 1;
}
