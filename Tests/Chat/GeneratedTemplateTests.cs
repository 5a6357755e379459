using System.Reflection;
using System.Runtime.Loader;
using ModelPack.Plan;
using ModelPack.Templates;
using ModelPack.Tests.Generator;

namespace ModelPack.Tests.Chat;

/// <summary>The C# that the source generator prints for a template, compiled and run.</summary>
public sealed class GeneratedTemplateTests
{
    public static TheoryData<string> Templates => [.. GoldenChats.Templates];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Published_templates_render_as_Jinja2_renders_them(string template) => GoldenChats.AssertEqual(template, Compile(GoldenChats.Source(template)));

    [Fact]
    public void Small_templates_render_as_Jinja2_renders_them()
    {
        foreach (var batch in JinjaCases.All.Chunk(100))
        {
            var assembly = CompileAll(batch.Select(c => c.Template));
            for (var i = 0; i < batch.Length; i++)
            {
                batch[i].Check(Create(assembly, i));
            }
        }
    }

    [Fact]
    public void A_template_beyond_the_subset_leaves_the_class_usable_and_says_what_it_is()
    {
        var host = Host(["a\n{% include 'x' %}"]);
        host.RunAndCompile(out var bytes);
        var type = Load(bytes).GetType("My.App.Model0")!;
        var method = type.GetMethod("CreateChatTemplate", BindingFlags.Instance | BindingFlags.NonPublic)!;
        var raised = Assert.IsType<ModelPackException>(Assert.Throws<TargetInvocationException>(() => method.Invoke(System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type), [])).InnerException);
        Assert.Equal(MpCodes.ChatTemplateUnsupported, raised.Code);
        Assert.Contains("line 2: the block 'include'", raised.Text, StringComparison.Ordinal);
    }

    internal static ChatTemplate Compile(string template) => Create(CompileAll([template]), 0);

    internal static ChatTemplate[] CompileEach(IEnumerable<string> templates)
    {
        string[] all = [.. templates];
        var assembly = CompileAll(all);
        return [.. all.Select((_, i) => Create(assembly, i))];
    }

    private static Assembly CompileAll(IEnumerable<string> templates)
    {
        Host(templates).RunAndCompile(out var bytes);
        return Load(bytes);
    }

    private static GeneratorHost Host(IEnumerable<string> templates)
    {
        var host = new GeneratorHost();
        // Few members, so that the compiler's time goes into templates.
        var shape = SamplePlan.Shape();
        shape = shape with { Weights = new(shape.Weights.Take(1)), Accessors = new([]) };
        foreach (var (index, template) in templates.Index())
        {
            host.With($"/obj/M{index}.shape", PlanText.Write(shape with { Name = $"Model{index}", ChatTemplate = template }), "shape");
        }

        return host;
    }

    private static Assembly Load(byte[] bytes) => new AssemblyLoadContext(null, isCollectible: true).LoadFromStream(new MemoryStream(bytes));

    private static ChatTemplate Create(Assembly assembly, int index) =>
        (ChatTemplate)Activator.CreateInstance(assembly.GetType($"My.App.Model{index}+ChatTemplate", throwOnError: true)!, nonPublic: true)!;
}
