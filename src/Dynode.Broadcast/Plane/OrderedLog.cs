using Dynode.Streams;

namespace Dynode.Broadcast.Plane;

/// <summary>The engine that gives several broadcasters one order, as one of them uses it.</summary>
/// <param name="Log">Not started; disposed of with the broadcaster.</param>
/// <param name="Keys">Beside it.</param>
/// <param name="Broadcaster">This life of this broadcaster: 16 hexadecimal digits.</param>
/// <param name="Machine">Its name: what addresses of its own mean.</param>
/// <param name="Where">The same for people: machine and process.</param>
public sealed record OrderedLog(IOrderedLog Log, IStreamKeys Keys, string Broadcaster, string Machine, string Where);
