namespace Dynode.Native.Configuration;

/// <summary>
/// Where a value stands, for people: <c>file:line</c>, an environment variable's name, <c>--set</c>, or what it was derived from.
/// </summary>
internal readonly record struct ConfigurationSource(string Text)
{
    /// <summary>The table of keys.</summary>
    public static readonly ConfigurationSource Default = new("default");

    /// <summary>The configuration as a whole, where no single place is wrong.</summary>
    public static readonly ConfigurationSource Whole = new("configuration");

    /// <summary>The command line.</summary>
    public static readonly ConfigurationSource CommandLine = new("--set");

    public static ConfigurationSource File(string path, int line) => new($"{path}:{line}");

    public static ConfigurationSource Environment(string variable) => new($"environment {variable}");

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>What somebody wrote for a key, before anybody looked at it.</summary>
internal readonly record struct Assignment(string Key, string Value, ConfigurationSource Source);

/// <summary>What is wrong, where, in one line and without a secret.</summary>
internal readonly record struct ConfigurationFault(ConfigurationSource Source, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Source}: {Text}";
}
