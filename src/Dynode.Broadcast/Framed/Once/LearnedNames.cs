using System.Text;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>What one server has shown of names of which nothing is known: some it has done, some have aborted a batch. Bounded; in turns only.</summary>
internal sealed class LearnedNames
{
    /// <summary>Of any more nothing is learned: names are the clients'.</summary>
    private const int NamesMax = 1_024;

    private const int NameBytesMax = 64;

    private readonly Dictionary<string, bool> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a request of this name may go into a batch.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="unlessLearned">Where nothing is known.</param>
    public bool MayBatch(ReadOnlySpan<byte> name, bool unlessLearned)
    {
        if (_names.Count == 0 || name.Length > NameBytesMax)
            return unlessLearned;
        return _names.TryGetValue(Encoding.Latin1.GetString(name), out bool may) ? may : unlessLearned;
    }

    /// <summary>The server has done one, or was seen to abort a batch for it.</summary>
    public void Learn(ReadOnlySpan<byte> name, bool mayBatch)
    {
        if (name.IsEmpty || name.Length > NameBytesMax)
            return;
        string text = Encoding.Latin1.GetString(name);
        if (_names.Count < NamesMax || _names.ContainsKey(text))
            _names[text] = mayBatch;
    }
}
