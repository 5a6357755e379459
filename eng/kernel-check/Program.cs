using ModelPack;
using ModelPack.KernelCheck;

// Computes every kernel on every rung that this processor and this binary have, from fixed seeds, and prints a hash of each kernel's results.
// stdout must be the same from every platform and every build, line by line; stderr names the rungs. Ends with 1 where two rungs differ.
var rungs = KernelSets.Supported.ToArray();
Console.Error.WriteLine($"rungs: {string.Join(' ', rungs)}");

var differences = 0;
foreach (var check in (IEnumerable<Check>)[.. LaneChecks.All, .. MatrixChecks.All, .. TiledChecks.All, .. ExecutorChecks.All, .. EntropyChecks.All, .. MathChecks.All])
{
    var expected = check.Hash(KernelSet.Scalar);
    Console.WriteLine($"{check.Name} {expected:x16}");
    foreach (var rung in rungs)
    {
        var actual = check.Hash(rung);
        if (actual != expected)
        {
            differences++;
            Console.WriteLine($"{check.Name} {actual:x16} on {rung}: DIFFERS FROM SCALAR");
        }
    }
}

return differences == 0 ? 0 : 1;
