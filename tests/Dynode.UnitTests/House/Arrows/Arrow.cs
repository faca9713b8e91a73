namespace Dynode.UnitTests.House.Arrows;

/// <summary>One type knows another.</summary>
/// <param name="From">The namespace of the type that knows: for a nested one, or one that the compiler made for it, of the outermost.</param>
/// <param name="FromType">That outermost type.</param>
/// <param name="To">The namespace of the type that is known, in the same way.</param>
/// <param name="ToType">That type.</param>
internal readonly record struct Arrow(string From, string FromType, string To, string ToType);
