using Microsoft.Build.Utilities;
using ModelPack.Tasks;

namespace ModelPack.Tests.Build;

public sealed class ResolveCompressedModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingBuildEngine _engine = new();
    private readonly string _model;

    public ResolveCompressedModelsTests() => _model = _folder.Write("tiny-chat.Q4_0.gguf", "weights");

    public void Dispose() => _folder.Dispose();

    private TaskItem Item(string path, params (string Name, string Value)[] metadata)
    {
        var item = new TaskItem(path);
        foreach (var (name, value) in metadata)
        {
            item.SetMetadata(name, value);
        }

        return item;
    }

    private ResolveCompressedModels Resolve(params TaskItem[] items)
    {
        var task = new ResolveCompressedModels { BuildEngine = _engine, Models = items, RootNamespace = "My-App", IntermediateFolder = _folder["obj/modelpack"] };
        Assert.Equal(task.Execute(), _engine.Errors.Count == 0);
        return task;
    }

    [Fact]
    public void A_model_without_metadata_is_named_after_its_file_and_keeps_its_numbers()
    {
        var resolved = Assert.Single(Resolve(Item(_model)).ResolvedModels);
        Assert.Equal(_model, resolved.ItemSpec);
        Assert.Equal("TinyChat", resolved.GetMetadata("ClassName"));
        Assert.Equal("My_App", resolved.GetMetadata("ClassNamespace"));
        Assert.Equal("Source", resolved.GetMetadata("Quality"));
        Assert.Equal("ModelPack/My_App.TinyChat.mpk", resolved.GetMetadata("LogicalName"));
        Assert.Empty(_engine.Warnings);
    }

    [Fact]
    public void Name_Namespace_and_options_come_from_metadata()
    {
        var task = Resolve(Item(_model, ("Name", "Chat"), ("Namespace", "A.B"), ("Quality", "Source"), ("ContextLength", "256"), ("Instructions", "x86-64-v4"), ("Embed", "Resource")));
        var resolved = Assert.Single(task.ResolvedModels);
        Assert.Equal("ModelPack/A.B.Chat.mpk", resolved.GetMetadata("LogicalName"));
        Assert.Equal("256", resolved.GetMetadata("ContextLength"));
        Assert.Equal("x86-64-v4", task.Instructions);
    }

    [Theory]
    [InlineData("Name", "2nd", "MP1003")]
    [InlineData("Name", "class", "MP1003")]
    [InlineData("Namespace", "a..b", "MP1004")]
    [InlineData("Namespace", "a-b", "MP1004")]
    [InlineData("Quality", "5 stars", "MP1006")]
    [InlineData("Quality", "-1", "MP1006")]
    [InlineData("ContextLength", "0", "MP1006")]
    [InlineData("ContextLength", "2k", "MP1006")]
    [InlineData("ContextLength", "99999999999999999999", "MP1006")]
    [InlineData("Instructions", "avx2 && rm", "MP1006")]
    [InlineData("BitsPerWeight", "many", "MP1006")]
    [InlineData("MaxSize", "big", "MP1006")]
    [InlineData("MemoryBudget", "-1MB", "MP1006")]
    [InlineData("Optimize", "Beauty", "MP1006")]
    [InlineData("Embed", "Cloud", "MP1006")]
    [InlineData("Effort", "None", "MP1006")]
    [InlineData("Recipe", "Pasta", "MP1006")]
    [InlineData("Embed", "Sidecar", "MP1007")]
    public void A_value_that_cannot_be_used_is_refused_with_the_item_and_the_value(string name, string value, string code)
    {
        Resolve(Item(_model, (name, value)));
        var error = Assert.Single(_engine.Errors);
        Assert.Equal(code, error.Code);
        Assert.Contains(_model, error.Message);
        Assert.Contains($"{name}=\"{value}\"", error.Message);
        if (code == "MP1007")
        {
            Assert.Contains("What works today", error.Message);
        }
    }

    [Fact]
    public void A_missing_file_is_MP1001_and_says_where_it_was_looked_for()
    {
        Resolve(Item(_folder["missing.gguf"]));
        var error = Assert.Single(_engine.Errors);
        Assert.Equal("MP1001", error.Code);
        Assert.Contains(_folder["missing.gguf"], error.Message);
    }

    [Fact]
    public void A_folder_is_MP1002()
    {
        Directory.CreateDirectory(_folder["model"]);
        Resolve(Item(_folder["model"]));
        Assert.Equal(["MP1002"], _engine.ErrorCodes);
    }

    [Fact]
    public void A_file_whose_name_makes_no_class_is_MP1003_and_asks_for_a_Name()
    {
        Resolve(Item(_folder.Write("+++.gguf", "")));
        Assert.Equal("MP1003", Assert.Single(_engine.Errors).Code);
        Assert.Contains("Name=", _engine.Errors[0].Message);
    }

    [Fact]
    public void Two_models_of_one_name_are_MP1005_whatever_their_case_and_name_both_files()
    {
        var other = _folder.Write("other/TINY-Chat.Q8_0.gguf", "weights");
        Resolve(Item(_model), Item(other));
        var error = Assert.Single(_engine.Errors);
        Assert.Equal("MP1005", error.Code);
        Assert.Contains(_model, error.Message);
        Assert.Contains(other, error.Message);
    }

    [Fact]
    public void Two_models_of_one_name_in_two_namespaces_are_fine() =>
        Assert.Equal(2, Resolve(Item(_model, ("Namespace", "A")), Item(_model, ("Namespace", "B"))).ResolvedModels.Length);

    [Theory]
    [InlineData("ContextLenght", "ContextLength")]
    [InlineData("Qualty", "Quality")]
    [InlineData("ClassName", "Name")]
    [InlineData("Quantization", "Quality")]
    public void A_misspelt_metadatum_is_the_warning_MP1008_with_the_right_name(string wrong, string right)
    {
        Resolve(Item(_model, (wrong, "1")));
        var warning = Assert.Single(_engine.Warnings);
        Assert.Equal("MP1008", warning.Code);
        Assert.Contains($"did you mean {right}?", warning.Message);
    }

    [Fact]
    public void Metadata_of_other_tools_are_left_alone()
    {
        Resolve(Item(_model, ("Link", "x"), ("Visible", "false"), ("CopyToOutputDirectory", "Never"), ("Generator", "MSBuild:Compile"), ("SubType", "Designer")));
        Assert.Empty(_engine.Warnings);
    }

    [Fact]
    public void Two_models_with_different_Instructions_are_MP1009()
    {
        Resolve(Item(_model, ("Instructions", "x86-64-v3")), Item(_model, ("Name", "Other"), ("Instructions", "x86-64-v4")));
        Assert.Equal(["MP1009"], _engine.ErrorCodes);
    }

    [Fact]
    public void Every_error_of_an_item_is_reported_at_once()
    {
        Resolve(Item(_folder["missing.gguf"], ("Name", "1"), ("Embed", "Sidecar")));
        Assert.Equal(["MP1001", "MP1007", "MP1003"], _engine.ErrorCodes);
    }

    [Fact]
    public void The_inputs_file_keeps_its_time_until_something_changes()
    {
        var resolved = Assert.Single(Resolve(Item(_model)).ResolvedModels);
        var inputs = resolved.GetMetadata("InputsFile");
        var past = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(inputs, past);

        Resolve(Item(_model));
        Assert.Equal(past, File.GetLastWriteTimeUtc(inputs));

        File.AppendAllText(_model, "!");
        Resolve(Item(_model));
        Assert.NotEqual(past, File.GetLastWriteTimeUtc(inputs));
    }

    [Fact]
    public void A_model_replaced_by_an_older_file_of_the_same_length_counts_as_changed()
    {
        var inputs = Assert.Single(Resolve(Item(_model)).ResolvedModels).GetMetadata("InputsFile");
        var before = File.ReadAllText(inputs);
        File.SetLastWriteTimeUtc(_model, new DateTime(2019, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Resolve(Item(_model));
        Assert.NotEqual(before, File.ReadAllText(inputs));
    }

    [Fact]
    public void Other_options_lead_to_other_files()
    {
        var one = Assert.Single(Resolve(Item(_model)).ResolvedModels).GetMetadata("PackFile");
        var other = Assert.Single(Resolve(Item(_model, ("ContextLength", "64"))).ResolvedModels).GetMetadata("PackFile");
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void A_stamp_without_its_output_is_forgotten()
    {
        var resolved = Assert.Single(Resolve(Item(_model)).ResolvedModels);
        File.WriteAllText(resolved.GetMetadata("PackStamp"), "");
        File.WriteAllText(resolved.GetMetadata("PackFile"), "");
        Resolve(Item(_model));
        Assert.False(File.Exists(resolved.GetMetadata("PackStamp")));
    }
}
