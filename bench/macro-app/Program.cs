using MacroApp;
using ModelPack;

var clock = new ColdStart();
try
{
    var arguments = Arguments.Parse(args);
    if (arguments.Verb == "first")
    {
        await FirstToken.Run(arguments, clock);
    }
    else
    {
        Speed.Run(arguments);
    }

    return 0;
}
catch (ModelPackException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (ArgumentException e)
{
    Console.Error.WriteLine($"{e.Message}\n\n{Arguments.Usage}");
    return 2;
}
