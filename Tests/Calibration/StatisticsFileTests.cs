using ModelPack.Compiler.Calibration;

namespace ModelPack.Tests.Calibration;

/// <summary>Statistics as bytes.</summary>
public sealed class StatisticsFileTests
{
    [Fact]
    public void Statistics_come_back_as_they_were()
    {
        var before = Sample();
        var stream = new MemoryStream();
        StatisticsFile.Write(stream, before);
        stream.Position = 0;
        var after = StatisticsFile.TryRead(stream)!;
        Assert.Equal(stream.Length, stream.Position);
        Assert.Equal(before.Inputs[0].Matrices, after.Inputs[0].Matrices);
        Assert.Equal(before.Inputs[0].Moments, after.Inputs[0].Moments);
        Assert.Equal(before.RowSquares["b"], after.RowSquares["b"]);
        Assert.Equal(before.Lookups["e"], after.Lookups["e"]);
    }

    [Fact]
    public void Damaged_statistics_are_none()
    {
        var stream = new MemoryStream();
        StatisticsFile.Write(stream, Sample());
        var bytes = stream.ToArray();
        Assert.Null(StatisticsFile.TryRead(new MemoryStream([])));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Null(StatisticsFile.TryRead(new MemoryStream(bytes[..length])));
        }

        // Whatever a byte becomes, reading ends, without memory that the bytes are not there for.
        for (var at = 0; at < bytes.Length; at++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0xFF;
            _ = StatisticsFile.TryRead(new MemoryStream(damaged));
        }
    }

    private static RawStatistics Sample()
    {
        var statistics = new RawStatistics();
        statistics.Inputs.Add(new(["a", "b"], 3, [1, 2, 3, 2, 4, 5, 3, 5, 6]));
        statistics.RowSquares.Add("a", [1, 2]);
        statistics.RowSquares.Add("b", [3, 4, 5]);
        statistics.Lookups.Add("e", [1, 2, 2, 3]);
        return statistics;
    }
}
