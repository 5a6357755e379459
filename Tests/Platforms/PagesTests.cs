using System.Text;
using ModelPack.Execution;
using ModelPack.Platform;

namespace ModelPack.Tests.Platforms;

public sealed unsafe class PagesTests
{
    private const string Maps = """
        00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/app
        00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/app
        00652000-00655000 rw-p 00052000 08:02 173521      /usr/bin/app
        00e03000-00e24000 r--p 00000000 00:00 0           [heap]
        7f1200000000-7f1200100000 r--s 00000000 fe:00 12  /data/model.mpk

        """;

    [Theory]
    [InlineData(0x651000, 0x1000, true)]
    [InlineData(0x651010, 0x10, true)]
    [InlineData(0x7f1200000001, 0xFFFFF, true)]
    [InlineData(0x651000, 0x1001, false)] // runs into the next mapping
    [InlineData(0x652000, 0x100, false)] // can be written
    [InlineData(0xe03000, 0x100, false)] // no file
    [InlineData(0x500000, 0x100, false)] // nothing there
    public void Only_a_read_only_mapping_of_a_file_can_be_released(ulong start, ulong bytes, bool expected) =>
        Assert.Equal(expected, LinuxPages.IsReadOnlyFile(Encoding.UTF8.GetBytes(Maps), (nuint)start, (nuint)bytes));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("garbage")]
    [InlineData("00400000")]
    [InlineData("00400000-")]
    [InlineData("00000000-ffffffffffffffff")]
    [InlineData("00000000-ffffffffffffffff r")]
    public void A_list_that_cannot_be_read_allows_nothing(string maps) => Assert.False(LinuxPages.IsReadOnlyFile(Encoding.UTF8.GetBytes(maps), 0x400000, 16));

    [Fact]
    public void Memory_of_the_process_itself_is_never_released_on_Linux()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems lose nothing by a release");
        using var buffer = new NativeBuffer(1 << 20, clear: true);
        var pages = new FilePages(buffer.Pointer, buffer.Bytes);
        Assert.False(pages.CanRelease);
        buffer.Pointer[12345] = 7;
        pages.Release(0, buffer.Bytes);
        Assert.Equal(7, buffer.Pointer[12345]);
    }

    [Fact]
    public void Released_pages_come_back_from_the_file_whatever_the_range()
    {
        var path = Path.GetTempFileName();
        try
        {
            var bytes = new byte[300_001];
            new Random(1).NextBytes(bytes);
            File.WriteAllBytes(path, bytes);
            using var file = FileMapping.Open(path);
            Assert.Equal(bytes.Length, file.Length);
            var pages = new FilePages(file.Data, file.Length);
            foreach (var (offset, count) in ((int, int)[])[(0, bytes.Length), (0, 1), (299_999, 2), (150_000, 5000), (4095, 2), (70_000, 0)])
            {
                pages.Release(offset, count);
                Assert.True(new ReadOnlySpan<byte>(file.Data, bytes.Length).SequenceEqual(bytes));
            }
        }
        finally
        {
            File.Delete(path);
        }
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
}
