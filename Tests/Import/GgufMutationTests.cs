using ModelPack.Compiler.Import;

namespace ModelPack.Tests.Import;

/// <summary>Damage at random, from a fixed seed: whatever the bytes, a file opens and reads, or gives a ModelPackException.</summary>
public sealed class GgufMutationTests
{
    private const int Mutants = 4000;

    [Fact]
    public void Only_clear_errors_come_out_of_damaged_files()
    {
        var original = new GgufBuilder()
            .Add("general.architecture", "llama").Add("general.alignment", 32u).Add("x.count", 7).Add("x.eps", 1e-5f).Add("x.flag", true)
            .AddStrings("tokens", "a", "bc", "def").AddIntegers("types", 1, 2, 3).AddFloats("scores", 1, 2, 3)
            .AddArray("nested", 9, [[.. BitConverter.GetBytes(0u), .. BitConverter.GetBytes(1UL), 5]])
            .Tensor("embedding", [3, 32], 3, new byte[60]).Tensor("norm", [4], [1, 2, 3, 4]).Tensor("k", [1, 256], 12, new byte[144])
            .Build();
        var random = new Random(20261124);
        var path = GgufBuilder.WriteBytes(original);
        var (opened, refused) = (0, 0);
        for (var i = 0; i < Mutants; i++)
        {
            File.WriteAllBytes(path, Mutate(original, random));
            try
            {
                ReadEverything(path);
                opened++;
            }
            catch (ModelPackException)
            {
                refused++;
            }
        }

        // Both happen, or the test tests nothing.
        Assert.True(opened > Mutants / 20, $"{opened} opened");
        Assert.True(refused > Mutants / 4, $"{refused} refused");
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToArray();
        var header = bytes.Length - 300;
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(4, random.Next(2) == 0 ? header : bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = 0xFF;
                    break;
                case 3 when at + 8 < bytes.Length:
                    BitConverter.GetBytes(random.NextInt64()).CopyTo(bytes, at);
                    break;
                case 4 when random.Next(4) == 0:
                    return bytes[..at];
            }
        }

        return bytes;
    }

    private static void ReadEverything(string path)
    {
        using var source = ModelSource.Open(path);
        foreach (var key in source.Metadata.Keys)
        {
            foreach (var read in new Action<string>[]
            {
                k => source.Metadata.GetString(k), k => source.Metadata.GetInteger(k), k => source.Metadata.GetFloat(k), k => source.Metadata.GetBoolean(k),
                k => source.Metadata.GetStringArray(k), k => source.Metadata.GetIntegerArray(k), k => source.Metadata.GetFloatArray(k),
            })
            {
                try
                {
                    read(key);
                }
                catch (ModelPackException)
                {
                    // Of another type.
                }
            }
        }

        foreach (var tensor in source.Tensors)
        {
            var values = new float[tensor.Columns];
            for (var row = 0L; row < tensor.Rows; row++)
            {
                tensor.DequantizeRow(row, values);
            }

            FiniteCheck.Tensor(source, tensor);
        }
    }
}
