// What is planted here is held, thrown, written and derived from by nobody.
#pragma warning disable CS0067, CS0169, CS0219, CS0649, CA1822, CA1823, IDE0044, IDE0051, IDE0052, IDE0059, IDE0060, CA1852

namespace Dynode.UnitTests.House.Arrows.Planted.Here;

internal class OfBase : There.Base;

internal class OfInterface : There.Interface;

internal abstract class OfInterfaceArgument : IEquatable<There.InterfaceArgument>
{
    bool IEquatable<There.InterfaceArgument>.Equals(There.InterfaceArgument? other) => false;
}

internal class OfExplicit : There.Explicit
{
    void There.Explicit.Do() => GC.KeepAlive(this);
}

internal class OfField
{
    private There.Field? _field;
}

internal abstract class OfProperty
{
    public abstract There.Property? Property { get; }
}

internal abstract class OfEvent
{
    public abstract event There.Event? Event;
}

internal abstract class OfParameter
{
    public abstract void Do(There.Parameter parameter);
}

internal abstract class OfReturned
{
    public abstract There.Returned Do();
}

internal class OfLocal
{
    public void Do()
    {
        var local = Between.Local();
        while (Between.Take(local))
            local = Between.Local();
    }
}

internal class OfFieldArgument
{
    private List<There.FieldArgument>? _field;
}

internal class OfInnerArgument
{
    private Dictionary<int, List<There.InnerArgument[]>>? _field;
}

internal class OfMethodArgument
{
    public void Do() => Between.Take(System.Array.Empty<There.MethodArgument>());
}

internal class OfTypeConstraint<T>
    where T : There.TypeConstraint;

internal class OfMethodConstraint
{
    public void Do<T>()
        where T : There.MethodConstraint => Between.Take(this);
}

internal class OfConstraintArgument<T>
    where T : IEquatable<There.ConstraintArgument>;

[There.TypeMark]
internal class OfTypeMarkAttribute;

internal class OfMethodMarkAttribute
{
    [There.MethodMark]
    public void Do() => Between.Take(this);
}

internal class OfParameterMarkAttribute
{
    public void Do([There.ParameterMark] int parameter) => Between.Take(this);
}

internal class OfReturnMarkAttribute
{
    [return: There.ReturnMark]
    public int Do() => 1;
}

internal class OfFieldMarkAttribute
{
    [There.FieldMark]
    private int _field;
}

internal class OfPropertyMarkAttribute
{
    [There.PropertyMark]
    public int Property => 1;
}

internal abstract class OfEventMarkAttribute
{
    [There.EventMark]
    public abstract event Action? Event;
}

internal class OfGenericMarkAttribute<[There.GenericMark] T>;

[Mark(typeof(There.TypeInMark))]
internal class OfTypeInMark;

[Mark(typeof(List<There.ArgumentInMark[]>))]
internal class OfArgumentInMark;

[Mark(typeof(There.OuterInMark.Inner))]
internal class OfOuterInMark;

[Mark(Types = [typeof(int), typeof(There.TypesInMark)])]
internal class OfTypesInMark;

[Mark(Value = There.ValueInMark.One)]
internal class OfValueInMark;

internal class OfStaticCall
{
    public void Do() => There.StaticCall.Do();
}

internal class OfInstanceCall
{
    public void Do() => Between.Instance.Do();
}

internal class OfMethodGroup
{
    public Action Do() => There.MethodGroup.Do;
}

internal class OfVirtualGroup
{
    public Action Do() => Between.Virtual.Do;
}

internal class OfFieldRead
{
    public int Do() => Between.Read.Value;
}

internal class OfFieldWritten
{
    public void Do() => Between.Written.Value = 2;
}

internal class OfFieldAddress
{
    public void Do() => Between.Take(ref Between.Address.Value);
}

internal class OfStaticField
{
    public int Do() => There.StaticField.Value;
}

internal class OfCreated
{
    public object Do() => new There.Created();
}

internal class OfLambda
{
    public Action Do() => () => There.Lambda.Do();
}

internal class OfClosure
{
    public Func<int, Func<int>> Do(int outer) => inner => () => There.Closure.Do(outer + inner);
}

internal class OfLocalFunction
{
    public void Do()
    {
        Inner();
        static void Inner() => There.LocalFunction.Do();
    }
}

internal class OfIterator
{
    public IEnumerable<int> Do()
    {
        yield return There.Iterator.Do();
    }
}

internal class OfAsync
{
    public async Task Do()
    {
        await Task.Yield();
        There.Async.Do();
    }
}

internal class OfAsyncLocal
{
    public async Task Do()
    {
        var local = Between.AsyncLocal();
        await Task.Yield();
        Between.Take(local);
    }
}

internal class OfCaught
{
    public void Do()
    {
        try
        {
            Between.Take(this);
        }
        catch (There.Caught)
        {
            Between.Give();
        }
    }
}

internal class OfFilter
{
    public void Do()
    {
        try
        {
            Between.Take(this);
        }
        catch (InvalidOperationException) when (There.Filter.Do())
        {
            Between.Give();
        }
    }
}

internal class OfFinally
{
    public void Do()
    {
        try
        {
            Between.Take(this);
        }
        finally
        {
            There.Finally.Do();
        }
    }
}

internal class OfTypeOf
{
    public Type Do() => typeof(There.TypeOf);
}

internal class OfOpenTypeOf
{
    public Type Do() => typeof(There.OpenTypeOf<>);
}

internal class OfSizeOf
{
    public unsafe int Do() => sizeof(There.SizeOf);
}

internal class OfCast
{
    public object Do() => (There.Cast)Between.Something;
}

internal class OfTested
{
    public bool Do() => Between.Something is There.Tested;
}

internal class OfStackalloc
{
    public int Do(int count)
    {
        Span<There.Stackalloc> room = stackalloc There.Stackalloc[count];
        return room.Length;
    }
}

internal class OfDefault
{
    public void Do() => Between.Take(default(There.Default));
}

internal class OfArray
{
    public object Do(int count) => new There.Array[count];
}

internal class OfBoxed
{
    public object Do() => Between.Boxed;
}

internal class OfUnboxed
{
    public object Do() => (There.Unboxed)Between.Something is var _;
}

internal class OfSwitch
{
    public void Do(int value)
    {
        switch (value)
        {
            case 0: Between.Take(this); break;
            case 1: Between.Give(); break;
            case 2: There.Switch.Do(); break;
            case 3: Between.Take(Between.Something); break;
        }
    }
}

internal class OfLongOperands
{
    public void Do(ref long whole, ref double real, ref float half, ref int many)
    {
        whole += 0x2A2A2A2A2A2A2A2A;
        real += 1.23456789e100;
        half += 1.5f;
        many += 1_000_000;
        Between.Take("a text");
        There.LongOperands.Do();
    }
}

internal class OfTwoBytes
{
    public bool Do(ref int left, int right)
    {
        bool less = left < right;
        bool same = left == right;
        Volatile.Write(ref left, right);
        There.TwoBytes.Do();
        return less == same;
    }
}

internal abstract unsafe class OfFunctionPointer
{
    public delegate*<There.FunctionPointer, void> Field;
}

internal unsafe class OfCalledPointer
{
    public void Do() => Between.Called(null!);
}

internal abstract unsafe class OfPointer
{
    public abstract void Do(There.Pointer* pointer);
}

internal abstract class OfTuple
{
    public abstract (int Number, There.Tuple Value) Do();
}

internal abstract class OfJagged
{
    public abstract void Do(There.Jagged[][,] values);
}

internal class OfNested
{
    public void Do() => There.Nested.Inner.Do();
}

internal class OfReference
{
    public void Do(int index)
    {
        ref There.Reference? value = ref Between.References()[index];
        while (Between.Take(ref value))
            value = ref Between.References()[index + 1];
    }
}

internal class OfConstrained
{
    public string? Do(List<There.Constrained> values) => values[0].ToString();
}

internal class OfExtension
{
    public int Do(int value) => There.Extension.Twice(value);
}

internal class OfExtensionProperty
{
    public int Do(int value) => There.ExtensionProperty.get_Thrice(value);
}

internal class OfOperator
{
    public int Do() => Between.Operator + 1;
}

internal class OfInitializer
{
    private readonly int _field = There.Initializer.Do();
}

internal class OfStaticInitializer
{
    private static readonly int Field = There.StaticInitializer.Do();
}

internal class OfAccessor
{
    public int Property
    {
        get => 1;
        set => Between.Take(There.Accessor.Do() + value);
    }
}

internal class OfNestedType
{
    internal class Inner
    {
        internal class Innermost
        {
            public int Do() => There.NestedType.Do();
        }
    }
}
