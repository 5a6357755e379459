using System.Globalization;
using ModelPack.Compiler.Import;

namespace ModelPack.Compiler.Architectures;

/// <summary>A family's hyper-parameters, <c>{architecture}.{key}</c>, with their ranges checked.</summary>
internal sealed class HyperParameters(ModelMetadata metadata, string architecture)
{
    public string Key(string key) => $"{architecture}.{key}";

    /// <summary>An integer in [<paramref name="minimum"/>, <paramref name="maximum"/>]; <paramref name="fallback"/> where the key is absent (null: an error).</summary>
    public int Integer(string key, int minimum, int maximum, int? fallback = null)
    {
        if (fallback is { } value && !metadata.Contains(Key(key)))
        {
            return value;
        }

        var found = metadata.GetInteger(Key(key));
        return found >= minimum && found <= maximum
            ? (int)found
            : throw new ModelPackException(CompilerCodes.HyperParameter, $"{Key(key)} is {found}; expected {minimum} to {maximum}.");
    }

    /// <summary>A finite number in [<paramref name="minimum"/>, <paramref name="maximum"/>].</summary>
    public double Float(string key, double minimum, double maximum, double? fallback = null)
    {
        if (fallback is { } value && !metadata.Contains(Key(key)))
        {
            return value;
        }

        var found = metadata.GetFloat(Key(key));
        return found >= minimum && found <= maximum
            ? found
            : throw new ModelPackException(CompilerCodes.HyperParameter, string.Create(CultureInfo.InvariantCulture, $"{Key(key)} is {found}; expected {minimum} to {maximum}."));
    }

    public string? Text(string key) => metadata.TryString(Key(key));

    public bool Has(string key) => metadata.Contains(Key(key));
}
