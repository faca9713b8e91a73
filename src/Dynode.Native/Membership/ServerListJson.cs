using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dynode.Native.Membership;

/// <summary>
/// The answer's shape for System.Text.Json. Elements, not strings: an entry that is no string can then be named by its
/// place and kind, where the serializer itself would only say that it did not fit.
/// </summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ServerListJson : JsonSerializerContext;
