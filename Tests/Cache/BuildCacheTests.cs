using System.Text;
using ModelPack.Compiler.Cache;
using ModelPack.Tests.Build;

namespace ModelPack.Tests.Cache;

public sealed class BuildCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly BuildCache _cache;

    public BuildCacheTests() => _cache = new(_folder["cache"]);

    public void Dispose() => _folder.Dispose();

    private static CacheKey Key(string what) => CacheKey.Create().Add("what", what).Finish();

    private static void Put(BuildCache cache, string what, string text, string kind = "test") => cache.Put(Key(what), kind, s => s.Write(Encoding.UTF8.GetBytes(text)));

    private static string? Get(BuildCache cache, string what, string kind = "test")
    {
        using var entry = cache.TryGet(Key(what), kind);
        return entry is null ? null : new StreamReader(entry).ReadToEnd();
    }

    private string EntryPath(string what, string kind = "test") => Path.Combine(_cache.Folder, kind, Key(what).Name);

    [Fact]
    public void What_was_put_comes_back_and_nothing_else()
    {
        Assert.Null(Get(_cache, "a"));
        Assert.False(Directory.Exists(_cache.Folder));
        Put(_cache, "a", "first");
        Put(_cache, "b", "second");
        Assert.Equal("first", Get(_cache, "a"));
        Assert.Equal("second", Get(new(_cache.Folder), "b"));
        Assert.Null(Get(_cache, "a", "other-kind"));
        Put(_cache, "a", "third");
        Assert.Equal("third", Get(_cache, "a"));
        Assert.Null(_cache.Trouble);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(-1)]
    [InlineData(-20)]
    [InlineData(-30)]
    public void A_damaged_entry_is_none_and_goes_away(int at)
    {
        Put(_cache, "a", "payload");
        var bytes = File.ReadAllBytes(EntryPath("a"));
        bytes[at < 0 ? bytes.Length + at : at] ^= 1;
        File.WriteAllBytes(EntryPath("a"), bytes);
        Assert.Null(Get(_cache, "a"));
        Assert.False(File.Exists(EntryPath("a")));
        Put(_cache, "a", "payload");
        Assert.Equal("payload", Get(_cache, "a"));
    }

    [Fact]
    public void A_truncated_or_extended_entry_is_none()
    {
        Put(_cache, "a", "payload");
        var bytes = File.ReadAllBytes(EntryPath("a"));
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(EntryPath("a"), bytes[..length]);
            Assert.Null(Get(_cache, "a"));
        }

        File.WriteAllBytes(EntryPath("a"), [.. bytes, 0]);
        Assert.Null(Get(_cache, "a"));
    }

    [Fact]
    public void What_was_not_used_for_longest_goes_first()
    {
        var small = new BuildCache(_cache.Folder, 300);
        foreach (var (what, days) in new[] { ("a", 3), ("b", 2), ("c", 1) })
        {
            Put(_cache, what, new string('x', 100));
            File.SetLastWriteTimeUtc(EntryPath(what), DateTime.UtcNow.AddDays(-days));
        }

        Assert.NotNull(Get(small, "a")); // used: now the youngest
        Put(small, "d", new string('x', 100), "other-kind");
        Assert.Equal([true, false, false, true], new[] { File.Exists(EntryPath("a")), File.Exists(EntryPath("b")), File.Exists(EntryPath("c")), File.Exists(EntryPath("d", "other-kind")) });
        Put(small, "e", new string('x', 1000));
        Assert.Null(Get(small, "e"));
    }

    [Fact]
    public void Temporary_files_of_killed_builds_go_after_a_day()
    {
        Put(_cache, "a", "x");
        var (old, young) = (EntryPath("a") + ".1.tmp", EntryPath("a") + ".2.tmp");
        File.WriteAllText(old, "");
        File.WriteAllText(young, "");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        Put(_cache, "b", "x");
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young));
    }

    [Fact]
    public void A_cancelled_or_failed_writer_leaves_nothing()
    {
        Assert.Throws<OperationCanceledException>(() => _cache.Put(Key("a"), "test", s =>
        {
            s.WriteByte(1);
            throw new OperationCanceledException();
        }));
        _cache.Put(Key("a"), "test", s => throw new IOException("No space left on device"));
        Assert.Equal("No space left on device", _cache.Trouble);
        Assert.Empty(Directory.GetFiles(_cache.Folder, "*", SearchOption.AllDirectories));
        Assert.Null(Get(_cache, "a"));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_no_error()
    {
        var cache = new BuildCache(Path.Combine(_folder.Write("file", ""), "cache"));
        Put(cache, "a", "x");
        Assert.NotNull(cache.Trouble);
        Assert.Null(Get(cache, "a"));
    }

    [Fact]
    public void Many_writers_and_readers_of_one_entry_never_see_a_part_of_it()
    {
        var text = new string('x', 1 << 16);
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var mine = new BuildCache(_cache.Folder);
            if (i % 2 == 0)
            {
                Put(mine, "a", text);
            }

            Assert.True(Get(mine, "a") is null or { Length: 1 << 16 });
            Assert.Null(mine.Trouble);
        });
        Assert.Equal(text, Get(_cache, "a"));
        Assert.Single(Directory.GetFiles(_cache.Folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_key_tells_its_parts_apart()
    {
        static string Of(params string[] parts)
        {
            var key = CacheKey.Create();
            foreach (var part in parts)
            {
                key.Add("part", part);
            }

            return key.Finish().Name;
        }

        Assert.Equal(Of("a", "b"), Of("a", "b"));
        Assert.Distinct([Of(), Of(""), Of("a", "b"), Of("b", "a"), Of("ab"), Of("ab", ""), Of("a", "", "b")]);
        Assert.Matches("^[0-9a-f]{32}$", Of());
    }

    [Fact]
    public void A_file_is_hashed_by_contents_and_read_again_only_when_it_changed()
    {
        var (one, same) = (_folder.Write("one", "contents"), _folder.Write("same", "contents"));
        var past = DateTime.UtcNow.AddHours(-1);
        File.SetLastWriteTimeUtc(one, past);
        var hash = _cache.Files.Of(one);
        Assert.Equal(hash, _cache.Files.Of(same));
        var record = Assert.Single(Directory.GetFiles(Path.Combine(_cache.Folder, "files"))); // "same" changed just now: not remembered

        // What is remembered is used: a record with another hash shows it.
        File.WriteAllText(record, File.ReadAllText(record).Replace(hash, new string('0', 32), StringComparison.Ordinal));
        Assert.Equal(new string('0', 32), _cache.Files.Of(one));

        File.WriteAllText(one, "CONTENTS");
        File.SetLastWriteTimeUtc(one, past.AddSeconds(1));
        Assert.NotEqual(hash, _cache.Files.Of(one));
        File.WriteAllText(one, "contents");
        Assert.Equal(hash, _cache.Files.Of(one));
    }

    [Theory]
    [InlineData("Unix", "HOME=/home/me", "/home/me/.cache/modelpack")]
    [InlineData("Unix", "HOME=/home/me;XDG_CACHE_HOME=/var/tmp/me", "/var/tmp/me/modelpack")]
    [InlineData("Unix", "HOME=/home/me;XDG_CACHE_HOME=relative", "/home/me/.cache/modelpack")]
    [InlineData("Unix", "", null)]
    [InlineData("Apple", "HOME=/Users/me", "/Users/me/Library/Caches/ModelPack")]
    [InlineData("Windows", "LOCALAPPDATA=/local", "/local/ModelPack/Cache")]
    [InlineData("Unix", "HOME=/home/me;ModelPackCacheFolder=/elsewhere", "/elsewhere")]
    [InlineData("Unix", "HOME=/home/me;ModelPackCache=false", null)]
    [InlineData("Unix", "ModelPackCacheFolder=/elsewhere;ModelPackCache=off", null)]
    public void The_cache_lies_where_the_platform_keeps_caches(string platform, string variables, string? expected)
    {
        var all = variables.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);
        Assert.Equal(expected, CacheLocation.Folder(all.GetValueOrDefault, Enum.Parse<CacheLocation.Platform>(platform))?.Replace('\\', '/'));
    }
}
