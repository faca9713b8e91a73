using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>Somebody with steps to run in the sequencer's turns.</summary>
internal interface ISequenced : IReady<ISequenced>
{
    /// <summary>Runs its steps: takes completions, goes on where it stopped. In a turn.</summary>
    void Step(long now);

    /// <summary>A fault of this program: it ends, alone. In a turn.</summary>
    void Fail();
}
