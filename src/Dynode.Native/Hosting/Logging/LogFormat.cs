namespace Dynode.Native.Hosting.Logging;

/// <summary>How a line of the log is written.</summary>
internal enum LogFormat
{
    /// <summary>For people: time, level, event id, sentence, fields.</summary>
    Text,

    /// <summary>For machines: one object a line.</summary>
    Json,
}
