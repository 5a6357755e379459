using ModelPack.Compiler.Entropy;
using ModelPack.Entropy;

namespace ModelPack.Tests.Entropy;

/// <summary>
/// Damages a coded segment, decodes it on every rung between guard pages, and demands one outcome: the same error, or the same bytes.
/// </summary>
internal static class SegmentMutation
{
    public static void Check(CodedCase original, Random random)
    {
        var damaged = Damage(original.Segment, random);
        Assert.Single(KernelSets.Supported.Select(rung => Outcome(original, damaged, rung)).Distinct());
    }

    private static CodedSegment Damage(CodedSegment segment, Random random)
    {
        var damaged = segment with { Prologue = [.. segment.Prologue], Chunks = [.. segment.Chunks.Select(c => c.ToArray())] };
        var part = random.Next(4) == 0 ? -1 : random.Next(damaged.Chunks.Length);
        var target = part < 0 ? damaged.Prologue : damaged.Chunks[part];
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            switch (random.Next(5))
            {
                case 0:
                    target[random.Next(target.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    target[random.Next(target.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    // The head, where counts and tables are.
                    target[random.Next(Math.Min(target.Length, 64))] = (byte)random.Next(256);
                    break;
                case 3:
                    random.NextBytes(target.AsSpan(random.Next(target.Length)));
                    break;
                default:
                    // Cut short, or something behind it.
                    Array.Resize(ref target, random.Next(2) == 0 ? Math.Max(1, random.Next(target.Length)) : target.Length + random.Next(1, 40));
                    break;
            }
        }

        if (part < 0)
        {
            return damaged with { Prologue = target };
        }

        damaged.Chunks[part] = target;
        return damaged;
    }

    private static string Outcome(CodedCase original, CodedSegment damaged, KernelSet rung)
    {
        try
        {
            return Convert.ToHexString(System.IO.Hashing.XxHash128.Hash(original.Decode(damaged, rung)));
        }
        catch (CorruptStreamException e)
        {
            return e.Message;
        }
    }
}
