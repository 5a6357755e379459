using System.Text;
using ModelPack.Execution;
using ModelPack.Platform;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Platforms;

public sealed unsafe class PagesTests
{
    private const string Maps = """
        00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/app
        00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/app
        00652000-00655000 rw-p 00052000 08:02 173521      /usr/bin/app
        00e03000-00e24000 r--p 00000000 00:00 0           [heap]
        7f1200000000-7f1200100000 r--s 00000000 fe:00 12  /data/a model.mpk

        """;

    [Theory]
    [InlineData(0x651000, 0x1000, "/usr/bin/app", 0x51000)]
    [InlineData(0x651010, 0x10, "/usr/bin/app", 0x51010)]
    [InlineData(0x7f1200000001, 0xFFFFF, "/data/a model.mpk", 1)]
    [InlineData(0x651000, 0x1001, null, 0)] // runs into the next mapping
    [InlineData(0x652000, 0x100, null, 0)] // can be written
    [InlineData(0xe03000, 0x100, null, 0)] // no file
    [InlineData(0x500000, 0x100, null, 0)] // nothing there
    public void The_file_behind_memory_is_that_of_a_read_only_mapping(ulong start, ulong bytes, string? path, long offset) =>
        Assert.Equal(path is null ? null : new FileRange(path, offset), LinuxPages.FileBehind(Encoding.UTF8.GetBytes(Maps), (nuint)start, (nuint)bytes));

    /// <summary>Whole huge pages where at most a third of them, or half of one, is left over.</summary>
    [Theory]
    [InlineData(64, 64, 64)]
    [InlineData((1 << 20) - 1, (1 << 20) - 1, 64)]
    [InlineData(1 << 20, 2 << 20, 2 << 20)]
    [InlineData(1_437_000, 2 << 20, 2 << 20)]
    [InlineData(2_200_000, 2_200_000, 64)]
    [InlineData(2_949_120, 4 << 20, 2 << 20)]
    [InlineData(4 << 20, 4 << 20, 2 << 20)]
    [InlineData(96_600_001, 98_566_144, 2 << 20)]
    public void Buffers_take_whole_huge_pages_where_that_wastes_little(long bytes, long allocated, long alignment) =>
        Assert.Equal(OperatingSystem.IsLinux() ? (allocated, alignment) : (bytes, 64), PageAdvice.Allocation(bytes));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("garbage")]
    [InlineData("00400000")]
    [InlineData("00400000-")]
    [InlineData("00000000-ffffffffffffffff")]
    [InlineData("00000000-ffffffffffffffff r")]
    [InlineData("00000000-ffffffffffffffff r--p")]
    [InlineData("00000000-ffffffffffffffff r--p zz /x")]
    public void A_list_that_cannot_be_read_says_nothing(string maps) => Assert.Null(LinuxPages.FileBehind(Encoding.UTF8.GetBytes(maps), 0x400000, 16));

    [Fact]
    public void Memory_of_the_process_itself_is_never_released_on_Linux()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems lose nothing by a release");
        using var buffer = new NativeBuffer(1 << 20, clear: true);
        var file = PageAdvice.FileBehind(buffer.Pointer, buffer.Bytes);
        Assert.Null(file);
        using var stored = new StoredBytes(buffer.Pointer, buffer.Bytes, file);
        buffer.Pointer[12345] = 7;
        stored.Release(0, buffer.Bytes);
        Assert.Equal(7, buffer.Pointer[12345]);
    }

    [Fact]
    public void Mapped_parts_go_back_to_the_file_and_come_back_whatever_the_range()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux tells which pages of a file are in memory (/proc/self/smaps)");
        using var folder = new TemporaryFolder();
        var path = folder["part"];
        var bytes = Random(8_000_001);
        File.WriteAllBytes(path, bytes);
        using var file = FileMapping.Open(path);
        Assert.Equal(new(path, 0), PageAdvice.FileBehind(file.Data, file.Length));

        // A file that is not there any more: the memory is.
        using var stored = new StoredBytes(file.Data, file.Length, file.Range with { Path = folder["gone"] });
        NativeBuffer? buffer = null;
        for (var offset = 0; offset < bytes.Length; offset += 333_333)
        {
            var count = Math.Min(333_333, bytes.Length - offset);
            Assert.True(stored.Read(offset, count, ref buffer).SequenceEqual(bytes.AsSpan(offset, count)));
            stored.Release(offset, count);
            Assert.InRange(ProcessMemory.Resident(path), 0, 2 << 20); // a huge page may have come back
        }

        Assert.Null(buffer);
        foreach (var (offset, count) in ((int, int)[])[(0, bytes.Length), (0, 1), (7_999_999, 2), (150_000, 5000), (4095, 2), (70_000, 0)])
        {
            stored.Release(offset, count);
            Assert.True(stored.Mapped(0, bytes.Length).SequenceEqual(bytes));
        }
    }

    [Fact]
    public void Parts_of_a_known_file_are_read_without_touching_the_mapping()
    {
        using var folder = new TemporaryFolder();
        var path = folder["part"];
        var bytes = Random(3_000_001);
        File.WriteAllBytes(path, bytes);
        using var file = FileMapping.Open(path);
        using var stored = new StoredBytes(file.Data + 100, file.Length - 100, file.Range with { Offset = 100 });
        NativeBuffer? buffer = null;
        try
        {
            foreach (var (offset, count) in ((int, int)[])[(0, 10), (5, 700_000), (2_999_900, 1), (0, 2_999_901), (17, 0)])
            {
                Assert.True(stored.Read(offset, count, ref buffer).SequenceEqual(bytes.AsSpan(100 + offset, count)));
            }

            Assert.True(!OperatingSystem.IsLinux() || ProcessMemory.Resident(path) == 0, "the mapping was touched");
        }
        finally
        {
            buffer?.Dispose();
        }
    }

    [Fact]
    public void A_file_that_was_cut_short_since_is_not_read()
    {
        using var folder = new TemporaryFolder();
        var bytes = Random(10_000);
        File.WriteAllBytes(folder["whole"], bytes);
        File.WriteAllBytes(folder["short"], bytes[..5000]);
        using var file = FileMapping.Open(folder["whole"]);
        using var stored = new StoredBytes(file.Data, file.Length, new(folder["short"], 0));
        NativeBuffer? buffer = null;
        Assert.True(stored.Read(4000, 6000, ref buffer).SequenceEqual(bytes.AsSpan(4000, 6000)));
        buffer!.Dispose();
    }

    [Fact]
    public void MP5001_a_file_that_is_not_there_or_empty()
    {
        var path = Path.GetTempFileName();
        try
        {
            Assert.Contains("empty", Assert.Throws<ModelPackException>(() => FileMapping.Open(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }

        var error = Assert.Throws<ModelPackException>(() => FileMapping.Open(path));
        Assert.Equal("MP5001", error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    private static byte[] Random(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
