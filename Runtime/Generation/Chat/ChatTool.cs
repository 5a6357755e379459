using ModelPack.Templates;

namespace ModelPack;

/// <summary>A tool that the model may call.</summary>
public sealed class ChatTool
{
    /// <param name="name">The function's name.</param>
    /// <param name="description">What it does, for the model.</param>
    /// <param name="parametersJson">JSON schema of its parameters, an object; null: it has none.</param>
    /// <exception cref="ModelPackException">MP5306: the schema is no JSON object.</exception>
    public ChatTool(string name, string description, string? parametersJson = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(description);
        (Name, Description, ParametersJson) = (name, description, parametersJson ?? """{"type": "object", "properties": {}}""");
        var parameters = TemplateJsonReader.Read(ParametersJson, $"the parameters of tool '{name}'");
        if (parameters.Kind != TemplateKind.Map)
        {
            throw new ModelPackException(MpCodes.ChatJsonMalformed, $"the parameters of tool '{name}' are a {parameters.TypeName}; expected a JSON schema, an object with \"type\": \"object\" and \"properties\".");
        }

        Value = TemplateValue.Of(new TemplateMap()
            .With("type", "function")
            .With("function", TemplateValue.Of(new TemplateMap()
                .With("name", TemplateValue.LiteralText(name))
                .With("description", TemplateValue.LiteralText(description))
                .With("parameters", parameters))));
    }

    /// <summary>The function's name.</summary>
    public string Name { get; }

    /// <summary>What it does, for the model.</summary>
    public string Description { get; }

    /// <summary>JSON schema of its parameters.</summary>
    public string ParametersJson { get; }

    /// <summary>The tool as templates see it, in OpenAI's form.</summary>
    internal TemplateValue Value { get; }
}

/// <summary>A call of a tool by the model.</summary>
/// <param name="Id">Tells calls apart: the model's own id, or nine letters and digits.</param>
/// <param name="Name">The tool.</param>
/// <param name="Arguments">The arguments as a JSON object. A model may name any tool and any arguments: check both.</param>
public sealed record ToolCall(string Id, string Name, string Arguments)
{
    internal TemplateValue ToValue()
    {
        var arguments = TemplateJsonReader.TryReadPrefix(Arguments, out var value, out var length) && string.IsNullOrWhiteSpace(Arguments[length..])
            ? value
            : TemplateValue.LiteralText(Arguments);
        return TemplateValue.Of(new TemplateMap()
            .With("type", "function")
            .With("id", TemplateValue.LiteralText(Id))
            .With("function", TemplateValue.Of(new TemplateMap().With("name", TemplateValue.LiteralText(Name)).With("arguments", arguments))));
    }
}
