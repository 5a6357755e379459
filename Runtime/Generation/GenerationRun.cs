using System.Diagnostics;

namespace ModelPack;

/// <summary>One call of a generator: from the prompt to the reason it stopped, a token at a time.</summary>
internal sealed class GenerationRun
{
    /// <summary>The decoder sees the prompt's last tokens first, so that the continuation's first token is decoded as one inside a text.</summary>
    private const int PrimedTokens = 8;

    private readonly TokenCache _cache;
    private readonly Tokenizer _tokenizer;
    private readonly Sampler _sampler;
    private readonly GenerateOptions _options;
    private readonly CancellationToken _cancellationToken;
    private readonly StopStringFilter _stops;
    private readonly StreamingDecoder _decoder;
    private readonly ulong _seed;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly int _promptTokens;
    private readonly int _reusedTokens;
    private int _steps;
    private int _generated;
    private readonly TimeSpan _tokenize;
    private TimeSpan _prefill, _first, _decode;
    private StopReason? _stopReason;

    /// <param name="cache">The generator's.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="sampler">The generator's.</param>
    /// <param name="prompt">Gives the prompt's tokens; called at once, its time counts.</param>
    /// <param name="options">How to generate.</param>
    /// <param name="cancellationToken">Looked at between tokens.</param>
    /// <exception cref="ModelPackException">MP5201 or MP5204: the prompt's length.</exception>
    public GenerationRun(TokenCache cache, Tokenizer tokenizer, Sampler sampler, Func<int[]> prompt, GenerateOptions options, CancellationToken cancellationToken)
    {
        (_cache, _tokenizer, _sampler, _options, _cancellationToken) = (cache, tokenizer, sampler, options, cancellationToken);
        var ids = prompt();
        _tokenize = Stopwatch.GetElapsedTime(_started);
        CheckLength(ids.Length);
        _promptTokens = ids.Length;
        _reusedTokens = cache.Restart(ids);
        _stops = new(options.StopStrings);
        _decoder = tokenizer.CreateDecoder(options.IncludeSpecial);
        foreach (var id in ids.AsSpan(Math.Max(0, ids.Length - PrimedTokens)))
        {
            _decoder.Append(id);
        }

        _seed = options.Temperature == 0f ? 0 : options.Seed ?? unchecked((ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue));
        sampler.Start(options, _seed);
    }

    /// <summary>Whether nothing more comes.</summary>
    public bool Ended => _stopReason is not null;

    /// <summary>The tokens generated so far.</summary>
    public ReadOnlySpan<int> Tokens => _cache.Sequence[_promptTokens..];

    /// <summary>Generates one token and returns the text that it completes, often none.</summary>
    public string Step()
    {
        var start = Stopwatch.GetTimestamp();
        var logits = _cache.Evaluate(_cancellationToken);
        if (_steps == 0)
        {
            _prefill = Stopwatch.GetElapsedTime(start);
        }

        // A model may have more rows than the tokenizer has tokens (padding to a round number); those are not text.
        var id = _sampler.Sample(logits[..Math.Min(logits.Length, _tokenizer.VocabularySize)], Recent());
        var text = Take(id);
        if (_steps++ == 0)
        {
            _first = Stopwatch.GetElapsedTime(_started);
        }
        else
        {
            _decode += Stopwatch.GetElapsedTime(start);
        }

        return text;
    }

    /// <summary>What there is to say about the run, whether it has ended or the caller left it.</summary>
    public GenerateStatistics Statistics() => new()
    {
        StopReason = _stopReason ?? StopReason.Cancelled,
        PromptTokens = _promptTokens,
        ReusedTokens = _reusedTokens,
        GeneratedTokens = _generated,
        TokenizeSeconds = _tokenize.TotalSeconds,
        PrefillSeconds = _prefill.TotalSeconds,
        FirstTokenSeconds = _first.TotalSeconds,
        DecodeSeconds = _decode.TotalSeconds,
        PrefillTokensPerSecond = PerSecond(_promptTokens - _reusedTokens, _prefill),
        DecodeTokensPerSecond = PerSecond(_steps - 1, _decode),
        Seed = _seed,
    };

    private static double PerSecond(int tokens, TimeSpan time) => tokens > 0 && time > TimeSpan.Zero ? tokens / time.TotalSeconds : 0;

    private void CheckLength(int tokens)
    {
        if (tokens == 0)
        {
            throw new ModelPackException(MpCodes.PromptEmpty, "the prompt has no tokens, and this model's tokenizer puts none in front; expected at least one. Give some text to continue.");
        }

        if (tokens > _cache.ContextLength)
        {
            throw new ModelPackException(
                MpCodes.PromptTooLong,
                $"the prompt has {tokens} tokens, but the context has {_cache.ContextLength} positions. Shorten the prompt by {tokens - _cache.ContextLength} tokens or more, "
                + "or build or load the model with a greater ContextLength if it allows one.");
        }
    }

    /// <summary>The window of the repetition penalty.</summary>
    private ReadOnlySpan<int> Recent()
    {
        var recent = _options.PenalizePrompt ? _cache.Sequence : Tokens;
        return _options.RepetitionWindow >= 0 && _options.RepetitionWindow < recent.Length ? recent[^_options.RepetitionWindow..] : recent;
    }

    private string Take(int id)
    {
        if (!_options.IgnoreEndOfGeneration && _tokenizer.IsEndOfGeneration(id))
        {
            return End(StopReason.EndOfGeneration, "");
        }

        _generated++;
        var full = _cache.IsFull;
        _cache.Append(id);
        var text = _stops.Append(_decoder.Append(id));
        return _stops.Stopped ? End(StopReason.StopString, text)
            : _generated == _options.MaxTokens ? End(StopReason.MaxTokens, text)
            : full ? End(StopReason.ContextFull, text)
            : text;
    }

    /// <summary>Ends the run; text held back for a character or a stop string comes out, unless one was found.</summary>
    private string End(StopReason reason, string text)
    {
        if (reason != StopReason.StopString)
        {
            text += _stops.Append(_decoder.Flush());
            reason = _stops.Stopped ? StopReason.StopString : reason;
            text += _stops.Flush();
        }

        _stopReason = reason;
        return text;
    }
}
