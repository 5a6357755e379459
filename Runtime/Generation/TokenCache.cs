using System.Runtime.InteropServices;
using ModelPack.Execution;

namespace ModelPack;

/// <summary>
/// A session together with the tokens of its sequence, so that the next prompt computes only what differs. Prefill gives the same bits however a prompt is
/// split (DESIGN.md, decision 6), so reuse changes no result.
/// </summary>
internal sealed class TokenCache(DecoderSession session) : IDisposable
{
    /// <summary>A long prompt is computed in parts of this many tokens, between which it can be cancelled.</summary>
    internal const int PartTokens = 512;

    private readonly List<int> _sequence = [];

    /// <summary>How many of the sequence's tokens are in the KV cache.</summary>
    private int _evaluated;

    public int ContextLength => session.ContextLength;

    public int VocabularySize => session.VocabularySize;

    /// <summary>Whether there is no position left for another token.</summary>
    public bool IsFull => _sequence.Count >= session.ContextLength;

    /// <summary>The tokens of prompt and continuation so far.</summary>
    public ReadOnlySpan<int> Sequence => CollectionsMarshal.AsSpan(_sequence);

    /// <summary>Makes <paramref name="ids"/> the sequence and returns how many of them are in the KV cache already; the last one never is, its logits being wanted.</summary>
    public int Restart(ReadOnlySpan<int> ids)
    {
        // A call that failed may have left the session behind, or ahead of, what was noted here; common to both is right.
        var known = Math.Min(_evaluated, session.Length);
        var reused = Math.Min(Sequence[..known].CommonPrefixLength(ids), ids.Length - 1);
        _evaluated = 0;
        session.Truncate(reused);
        _sequence.Clear();
        _sequence.AddRange(ids);
        _evaluated = reused;
        return reused;
    }

    /// <summary>Adds a generated token to the sequence.</summary>
    public void Append(int id) => _sequence.Add(id);

    /// <summary>Computes what is missing of the sequence; the logits after its last token.</summary>
    public Span<float> Evaluate(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = Sequence[_evaluated..];
            part = part[..Math.Min(part.Length, PartTokens)];
            var logits = session.Evaluate(part);
            _evaluated += part.Length;
            if (_evaluated == _sequence.Count)
            {
                return logits;
            }
        }
    }

    public void Dispose() => session.Dispose();
}
