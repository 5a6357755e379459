namespace ModelPack.Templates;

/// <summary>A dictionary in order of insertion. Built, then shared: only a namespace's is changed later.</summary>
internal sealed class TemplateMap
{
    private readonly OrderedDictionary<TemplateValue, TemplateValue> _entries = [];

    public int Count => _entries.Count;

    public IEnumerable<TemplateValue> Keys => _entries.Keys;

    public IEnumerable<KeyValuePair<TemplateValue, TemplateValue>> Entries => _entries;

    public TemplateValue this[TemplateValue key]
    {
        set => _entries[key] = value;
    }

    public bool TryGet(TemplateValue key, out TemplateValue value) => _entries.TryGetValue(key, out value);

    /// <summary>Adds an entry and returns the map.</summary>
    public TemplateMap With(TemplateValue key, TemplateValue value)
    {
        _entries[key] = value;
        return this;
    }
}
