namespace ModelPack.Compiler.Import;

/// <summary>
/// Typed key–value metadata of a model file. Getters raise MP2xxx errors that name key, expected and found type.
/// Integer getters accept any integer type that holds the value; <c>GetFloat</c> accepts F32 and F64.
/// </summary>
internal abstract class ModelMetadata
{
    public abstract IEnumerable<string> Keys { get; }

    public abstract bool Contains(string key);

    public abstract string GetString(string key);

    public abstract long GetInteger(string key);

    public abstract double GetFloat(string key);

    public abstract bool GetBoolean(string key);

    /// <summary>Raw UTF-8 of every string (tokens may hold any bytes).</summary>
    public abstract IReadOnlyList<byte[]> GetStringArray(string key);

    public abstract long[] GetIntegerArray(string key);

    public abstract float[] GetFloatArray(string key);

    /// <summary>A value of any type as text for people: a scalar's value, an array's type and length.</summary>
    public abstract string Describe(string key);

    public string? TryString(string key) => Contains(key) ? GetString(key) : null;

    public long? TryInteger(string key) => Contains(key) ? GetInteger(key) : null;

    public double? TryFloat(string key) => Contains(key) ? GetFloat(key) : null;

    public bool? TryBoolean(string key) => Contains(key) ? GetBoolean(key) : null;
}
