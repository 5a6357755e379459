namespace ModelPack.Tests.Models;

/// <summary>The smallest real language model through importer, passes, plan, interpreter and kernels, against what a reference implementation said.</summary>
public sealed class StoriesInterpreterTests(StoriesFixture stories) : IClassFixture<StoriesFixture>
{
    private static readonly GenerateOptions s_200Tokens = new() { MaxTokens = 200 };

    [Fact]
    public void There_are_three_golden_stories_of_200_tokens() => Assert.Equal([200, 200, 200], GoldenStory.All.Select(s => s.Greedy.Length));

    [Fact]
    public void The_prompts_have_the_golden_tokens()
    {
        using var model = stories.Model.Load(new() { Threads = 1 });
        Assert.All(GoldenStory.All, story => Assert.Equal(story.Ids, model.Tokenizer.Encode(story.Text)));
    }

    [Theory]
    [MemberData(nameof(CompiledModel.RungsAndThreads), MemberType = typeof(CompiledModel))]
    public void All_200_tokens_of_each_story_are_golden(KernelSet kernels, int threads)
    {
        using var model = new InterpretedTextModel(stories.Model, new() { Kernels = kernels, Threads = threads });
        foreach (var story in GoldenStory.All)
        {
            using var generator = model.CreateGenerator();
            Assert.Equal(story.Greedy, generator.GenerateTokens(story.Ids, s_200Tokens));
        }
    }

    [Fact]
    public void The_texts_are_golden_from_one_generator_after_the_other_prompts()
    {
        using var model = new InterpretedTextModel(stories.Model, new());
        using var generator = model.CreateGenerator();
        Assert.All(GoldenStory.All, story => Assert.Equal(story.Continuation, generator.Generate(story.Text, s_200Tokens)));
    }
}
