using ModelPack.Compiler.Architectures;
using ModelPack.Compiler.Import;
using ModelPack.Compiler.Ir;
using ModelPack.Compiler.Lowering;
using ModelPack.Compiler.Passes;
using ModelPack.Tests.Build;
using IrGraph = ModelPack.Compiler.Ir.Graph;

namespace ModelPack.Tests.Graph;

public sealed class ArenaPlannerTests
{
    [Fact]
    public void No_two_live_values_share_floats_in_random_graphs()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var graph = RandomGraph(random);
            if (random.Next(2) == 0)
            {
                new FuseLinears().Run(graph);
            }

            if (random.Next(2) == 0)
            {
                new FuseResiduals().Run(graph);
            }

            CheckPlacements(graph, $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_two_live_values_share_floats_in_a_llama(bool passes)
    {
        using var folder = new TemporaryFolder();
        using var source = ModelSource.Open(new RandomLlama { Layers = 4, Biases = true, KeyLength = 24, ValueLength = 8 }.Write(folder));
        var graph = ArchitectureTable.Build(source).Graph;
        Pipeline.Run(graph, headersOnly: false, passes ? [] : [.. Pipeline.All.Select(p => p.Name)]);
        CheckPlacements(graph, "llama");
    }

    [Fact]
    public void The_arena_of_many_layers_is_no_larger_than_that_of_one()
    {
        Assert.Equal(Floats(1), Floats(20));

        static int Floats(int layers)
        {
            using var folder = new TemporaryFolder();
            using var source = ModelSource.Open(new RandomLlama { Layers = layers }.Write(folder));
            var graph = ArchitectureTable.Build(source).Graph;
            Pipeline.Run(graph, headersOnly: false);
            return new ArenaPlanner(graph).Floats;
        }
    }

    /// <summary>By values, not by the planner's regions: what an operation writes may not touch anything that is read later, nor (unless it works in place) its own inputs.</summary>
    private static void CheckPlacements(IrGraph graph, string what)
    {
        var arena = new ArenaPlanner(graph);
        var outputs = graph.Outputs.Values.Select(v => v.Id).ToHashSet();
        var lastRead = new Dictionary<int, int>();
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            graph.Nodes[i].Inputs.ToList().ForEach(v => lastRead[v.Id] = i);
        }

        var written = new List<Value>();
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            var node = graph.Nodes[i];
            foreach (var output in node.Outputs.Where(o => !outputs.Contains(o.Id)))
            {
                var (from, to) = Floats(output);
                Assert.True(from >= 0 && to <= arena.Floats, $"{what}: {output} lies outside the arena");
                foreach (var other in written.Where(v => lastRead.GetValueOrDefault(v.Id, -1) >= i))
                {
                    var (otherFrom, otherTo) = Floats(other);
                    var inPlace = Replaces(node)?.Id == other.Id && (from, to) == (otherFrom, otherTo) && lastRead[other.Id] == i;
                    Assert.True(inPlace || to <= otherFrom || otherTo <= from, $"{what}: {output} [{from}, {to}) overwrites {other} [{otherFrom}, {otherTo})\n{graph.Dump()}");
                }
            }

            foreach (var (a, b) in node.Outputs.Where(o => !outputs.Contains(o.Id)).Zip(node.Outputs.Skip(1)))
            {
                Assert.Equal(Floats(a).To, Floats(b).From);
            }

            written.AddRange(node.Outputs.Where(o => !outputs.Contains(o.Id)));
        }

        (int From, int To) Floats(Value value)
        {
            var place = arena.Of(value);
            Assert.True(place.Column >= 0 && place.Column + value.Width <= place.Region.Width);
            var from = place.Region.Offset + place.Column;
            return (from, from + value.Width);
        }
    }

    private static Value? Replaces(Node node) => node.Op switch
    {
        RopeOp or AddBiasOp or ScaleOp or SelectOutputsOp => node.Inputs[0],
        AddOp or LinearAddOp => node.Inputs[1],
        _ => null,
    };

    /// <summary>Values in any order of use; one that was replaced in place is not read again.</summary>
    private static IrGraph RandomGraph(Random random)
    {
        var graph = new IrGraph();
        var live = new List<Value> { graph.Add(new EmbeddingOp(Matrix(50, 16)), "x", "") };
        Value Pick() => live[random.Next(live.Count)];
        Value Linear(Value input, int rows) => graph.Add(new LinearOp(Matrix(rows, input.Width)), "l", "", input);
        void Replace(Value old, Value value)
        {
            live.Remove(old);
            live.Add(value);
        }

        for (var step = random.Next(3, 40); step > 0; step--)
        {
            var x = Pick();
            switch (random.Next(8))
            {
                case 0:
                    live.Add(graph.Add(new RmsNormOp(null, 0), "h", "", x));
                    break;
                case 1:
                    live.Add(Linear(x, 4 * random.Next(1, 12)));
                    break;
                case 2:
                    live.AddRange(graph.AddMany(new LinearOp(Matrix(8, x.Width), Matrix(4, x.Width), Matrix(12, x.Width)), ["q", "k", "v"], "", x));
                    break;
                case 3:
                    Replace(x, graph.Add(new AddBiasOp(new("bias", 1, x.Width, "", -1)), "b", "", x));
                    break;
                case 4:
                    // What is added is the matrix's result alone, or a value that is kept for later.
                    var sum = Linear(Pick(), x.Width);
                    if (random.Next(2) == 0)
                    {
                        live.Add(sum);
                    }

                    Replace(x, graph.Add(new AddOp(), "sum", "", sum, x));
                    break;
                case 5:
                    var width = 4 * random.Next(1, 10);
                    Value gate = Linear(x, width), up = Linear(x, width);
                    if (random.Next(2) == 0)
                    {
                        gate = graph.Add(new AddBiasOp(new("bias", 1, width, "", -1)), "gate", "", gate);
                    }

                    live.Add(graph.Add(new SwiGluOp(), "s", "", gate, up));
                    break;
                case 6:
                    Replace(x, graph.Add(new ScaleOp(2), "scaled", "", x));
                    break;
                default:
                    if (live.Count > 1)
                    {
                        live.Remove(x);
                    }

                    break;
            }
        }

        graph.Outputs["logits"] = Linear(Pick(), 50);
        return graph;
    }

    private static WeightRef Matrix(int rows, int columns) => new("w", rows, columns, "", -1);
}
