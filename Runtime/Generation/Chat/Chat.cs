using System.Runtime.CompilerServices;
using System.Text;
using ModelPack.Templates;

namespace ModelPack;

/// <summary>
/// A conversation with a model: messages go through its chat template, answers come back. What a turn has in common with the one before stays in the KV cache.
/// One call at a time; dispose it when it is no longer needed.
/// </summary>
/// <remarks>A call that is cancelled, fails, or is not read to its end leaves the conversation as it was before.</remarks>
public sealed class Chat : IDisposable
{
    private readonly TextGenerator _generator;
    private readonly ChatPrompt _prompt;
    private readonly ChatOptions _options;
    private readonly List<ChatMessage> _history = [];
    private int _busy;
    private int _calls;

    internal Chat(TextGenerator generator, Tokenizer tokenizer, ChatTemplate template, ChatOptions options)
    {
        (_generator, _options) = (generator, options);
        _prompt = new(template, tokenizer, options);
        Clear();
    }

    /// <summary>The conversation so far, the system prompt included.</summary>
    public IReadOnlyList<ChatMessage> History => _history;

    /// <summary>The last answer, with the tools it calls; null before the first.</summary>
    public ChatMessage? LastReply => _history is [.., { Role: ChatRole.Assistant } reply] ? reply : null;

    /// <summary>Counts and times of the last answer; <see cref="GenerateStatistics.ReusedTokens"/> says how much of the conversation was in the KV cache already.</summary>
    public GenerateStatistics? LastStatistics => _generator.LastStatistics;

    /// <summary>What the model would be given now: the conversation as its template writes it.</summary>
    /// <exception cref="ModelPackException">MP5303 to MP5305: the template does not take it.</exception>
    public string Render() => _prompt.Render(_history).Text;

    /// <summary>Adds a message without asking for an answer: an earlier conversation, an example.</summary>
    /// <exception cref="ModelPackException">MP5203 while an answer is being generated.</exception>
    public void Add(ChatMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Enter();
        _history.Add(message);
        Exit();
    }

    /// <summary>Adds the result of a tool that the last reply calls. <see cref="Continue"/> goes on when all are there.</summary>
    /// <param name="call">One of <see cref="ChatMessage.ToolCalls"/>.</param>
    /// <param name="result">Text, often JSON.</param>
    /// <exception cref="ModelPackException">MP5307: the conversation has no such call; MP5203 while an answer is being generated.</exception>
    public void AddToolResult(ToolCall call, string result)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(result);
        if (!_history.Any(m => m.ToolCalls.Contains(call)))
        {
            throw new ModelPackException(MpCodes.ChatMessageMisplaced, $"the conversation has no call '{call.Id}' of tool '{call.Name}'; expected one of LastReply.ToolCalls.");
        }

        Add(new(ChatRole.Tool, result) { ToolCallId = call.Id, ToolName = call.Name });
    }

    /// <summary>Begins anew, with the system prompt of the options.</summary>
    /// <exception cref="ModelPackException">MP5203 while an answer is being generated.</exception>
    public void Clear()
    {
        Enter();
        _history.Clear();
        if (_options.SystemPrompt is { } system)
        {
            _history.Add(new(ChatRole.System, system));
        }

        Exit();
    }

    /// <summary>The model's answer to <paramref name="text"/>.</summary>
    /// <param name="text">What the user says.</param>
    /// <param name="options">null: those of <see cref="ChatOptions.Generate"/>.</param>
    /// <exception cref="ModelPackException">MP5201 where the conversation is longer than the context, MP5203 while another call runs, MP5303 to MP5305 where the template does not take it.</exception>
    public string Send(string text, GenerateOptions? options = null) => Answer(User(text), options);

    /// <summary>As <see cref="Send"/>, piece by piece as tokens come; cancellation takes effect between tokens.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public IAsyncEnumerable<string> SendAsync(string text, GenerateOptions? options = null, CancellationToken cancellationToken = default) =>
        Stream(User(text), options ?? _options.Generate, cancellationToken);

    /// <summary>The model's answer to the conversation as it stands: after results of tools, or messages added.</summary>
    /// <exception cref="ModelPackException">As <see cref="Send"/>.</exception>
    public string Continue(GenerateOptions? options = null) => Answer(null, options);

    /// <summary>As <see cref="Continue"/>, piece by piece as tokens come.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public IAsyncEnumerable<string> ContinueAsync(GenerateOptions? options = null, CancellationToken cancellationToken = default) =>
        Stream(null, options ?? _options.Generate, cancellationToken);

    /// <summary>Frees the KV cache.</summary>
    public void Dispose() => _generator.Dispose();

    private static ChatMessage User(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(ChatRole.User, text);
    }

    private string Answer(ChatMessage? message, GenerateOptions? options)
    {
        var before = Begin(message);
        try
        {
            var text = _generator.Generate(() => _prompt.Encode(_history), options ?? _options.Generate);
            before = Complete(text);
            return text;
        }
        finally
        {
            End(before);
        }
    }

    private async IAsyncEnumerable<string> Stream(ChatMessage? message, GenerateOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var before = Begin(message);
        try
        {
            var text = new StringBuilder();
            await foreach (var piece in _generator.GenerateAsync(() => _prompt.Encode(_history), options, cancellationToken).ConfigureAwait(false))
            {
                text.Append(piece);
                yield return piece;
            }

            before = Complete(text.ToString());
        }
        finally
        {
            End(before);
        }
    }

    /// <summary>Messages before the call, to go back to.</summary>
    private int Begin(ChatMessage? message)
    {
        Enter();
        var before = _history.Count;
        if (message is not null)
        {
            _history.Add(message);
        }

        return before;
    }

    /// <summary>Adds the answer; the number of messages that stay.</summary>
    private int Complete(string text)
    {
        var reply = new ChatMessage(ChatRole.Assistant, text);
        if (_options.Tools.Count > 0 && LastStatistics?.StopReason != StopReason.StopString)
        {
            reply = _prompt.ParseReply(text, _generator.LastTokens, ref _calls);
        }

        _history.Add(reply);
        return _history.Count;
    }

    private void End(int messages)
    {
        _history.RemoveRange(messages, _history.Count - messages);
        Exit();
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new ModelPackException(
                MpCodes.GeneratorBusy,
                "this Chat is in use by another call; expected one at a time. Read its stream to the end, or dispose of the enumerator; for several conversations create a Chat for each.");
        }
    }

    private void Exit() => Volatile.Write(ref _busy, 0);
}
