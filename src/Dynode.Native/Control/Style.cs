namespace Dynode.Native.Control;

/// <summary>How a piece of text looks where there is a terminal that shows it.</summary>
internal enum Style
{
    Plain,

    /// <summary>What is looked for first.</summary>
    Bold,

    /// <summary>What is there for completeness.</summary>
    Dim,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>To be looked at.</summary>
    Warn,

    /// <summary>To be mended.</summary>
    Bad,

    /// <summary>The head of a table on a full screen.</summary>
    Reverse,
}
