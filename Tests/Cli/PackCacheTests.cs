using ModelPack.Compiler.Cache;
using ModelPack.Tests.Build;
using ModelPack.Tests.Graph;

namespace ModelPack.Tests.Cli;

/// <summary><c>modelpack pack</c> with the user-level cache.</summary>
public sealed class PackCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public PackCacheTests() => _model = new RandomLlama().Write(_folder);

    public void Dispose() => _folder.Dispose();

    private Modelpack Pack(string name, params string[] more) =>
        Modelpack.Ok(["pack", _model, "-o", _folder[name + ".mpk"], "--plan", _folder[name + ".plan"], "--shape", _folder[name + ".shape"], "--cache", _folder["cache"], "--json", .. more]);

    private static bool Cached(Modelpack run) => run.Json.GetProperty("cached").GetBoolean();

    private void AssertSame(string one, string other) => Assert.All(
        new[] { ".mpk", ".plan", ".shape" }, extension => Assert.Equal(File.ReadAllBytes(_folder[one + extension]), File.ReadAllBytes(_folder[other + extension])));

    private string Entry => Assert.Single(Directory.GetFiles(_folder["cache/pack"]));

    [Fact]
    public void The_second_time_the_same_bytes_come_from_the_cache_whatever_the_threads_and_the_folder()
    {
        var first = Pack("a", "--threads", "1");
        var second = Pack("b", "--threads", "2");
        Assert.Equal([false, true], new[] { Cached(first), Cached(second) });
        AssertSame("a", "b");
        Assert.Contains("from the cache", second.Output, StringComparison.Ordinal);
        foreach (var figure in new[] { "bytes_in", "bytes_out", "bits_rest", "bits_resident", "kld" })
        {
            Assert.Equal(first.Json.GetProperty(figure).GetRawText(), second.Json.GetProperty(figure).GetRawText());
        }

        Directory.CreateDirectory(_folder["moved"]);
        File.Move(_model, _folder["moved/tiny.gguf"]);
        Assert.True(Cached(Modelpack.Ok("pack", _folder["moved/tiny.gguf"], "-o", _folder["c.mpk"], "--cache", _folder["cache"], "--json")));
        Assert.Equal(File.ReadAllBytes(_folder["a.mpk"]), File.ReadAllBytes(_folder["c.mpk"]));
    }

    [Theory]
    [InlineData("--name", "Other")]
    [InlineData("--namespace", "Other")]
    [InlineData("--context-length", "16")]
    [InlineData("--quality", "Source")]
    public void Other_options_are_another_entry(string option, string value)
    {
        Pack("a");
        Assert.False(Cached(Pack("b", option, value)));
        Assert.True(Cached(Pack("c", option, value)));
        AssertSame("b", "c");
    }

    [Fact]
    public void A_profile_counts_by_its_contents()
    {
        var text = Compiler.Profiles.ProfileText.Write(Compiler.Profiles.ProfileTable.Open(null));
        var profile = _folder.Write("p.profile", text);
        Pack("a", "--profile", profile);
        Assert.True(Cached(Pack("b", "--profile", profile)));
        File.WriteAllText(profile, text.Replace("threads 2", "threads 4", StringComparison.Ordinal));
        Assert.False(Cached(Pack("c", "--profile", profile)));
    }

    [Fact]
    public void Another_model_under_the_same_name_is_another_entry()
    {
        Pack("a");
        new RandomLlama { Matrices = MatrixType.Q8_0 }.Write(_folder);
        Assert.False(Cached(Pack("b")));
        Assert.NotEqual(File.ReadAllBytes(_folder["a.mpk"]), File.ReadAllBytes(_folder["b.mpk"]));
    }

    [Fact]
    public void A_damaged_entry_is_made_again()
    {
        Pack("a");
        var bytes = File.ReadAllBytes(Entry);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(Entry, bytes);
        Assert.False(Cached(Pack("b")));
        AssertSame("a", "b");
        Assert.True(Cached(Pack("c")));
    }

    [Fact]
    public void Off_and_the_environment_switch_it_off_and_a_size_bounds_it()
    {
        Assert.Equal("false", Environment.GetEnvironmentVariable(CacheLocation.SwitchVariable));
        Modelpack.Ok("pack", _model, "-o", _folder["x.mpk"]);
        Assert.False(Directory.Exists(_folder["cache"]));
        Pack("a", "--cache-size", "1kB");
        Assert.False(Cached(Pack("b", "--cache-size", "1kB")));
        Modelpack.Refused("MP3004", _model, "pack", _model, "-o", _folder["x.mpk"], "--cache-size", "much");
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_said_and_no_error()
    {
        _folder.Write("cache", "a file where the folder should be");
        var run = Pack("a");
        Assert.Contains("not kept in the cache: ", run.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(_folder["a.mpk"]));
    }

    [Fact]
    public void Cancelling_puts_nothing_into_the_cache()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Equal(130, Modelpack.Run(cancellation.Token, "pack", _model, "-o", _folder["x.mpk"], "--cache", _folder["cache"]).ExitCode);
        Assert.False(Directory.Exists(_folder["cache/pack"]));
    }

    [Fact]
    public void Many_packs_at_once_agree()
    {
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => Pack($"p{i}", "--threads", $"{1 + (i % 3)}"));
        Assert.All(Enumerable.Range(1, 7), i => AssertSame("p0", $"p{i}"));
        Assert.Single(Directory.GetFiles(_folder["cache/pack"]));
    }
}
