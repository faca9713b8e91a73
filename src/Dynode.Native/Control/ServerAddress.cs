using System.CommandLine;
using Dynode.Broadcast.Backends;
using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>A server's address as somebody typed it.</summary>
internal static class ServerAddress
{
    /// <summary>One that is none is a fault of the command line.</summary>
    public static void Check<T>(Argument<T> argument) => argument.Validators.Add(static result =>
    {
        if (result.Tokens is [var token] && FaultOf(token.Value) is { } fault)
            result.AddError(fault);
    });

    /// <summary>A sentence; null: it is one.</summary>
    public static string? FaultOf(string text) => BackendAddress.TryParse(text, out _, out string? fault) ? null : $"{Shown.Plain(text)} {fault}.";

    /// <summary>As the broadcaster writes it.</summary>
    public static string Canonical(string text) => BackendAddress.TryParse(text, out BackendAddress? address, out _) ? address.ToString() : text;

    /// <summary>The same, for a path or a query. Slashes stay: a unix socket's path has some, and an escaped one is another to whoever serves a path.</summary>
    public static string Escape(string text) => Uri.EscapeDataString(Canonical(text)).Replace("%2F", "/", StringComparison.Ordinal);
}
