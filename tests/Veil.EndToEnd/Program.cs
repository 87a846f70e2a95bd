using Veil.EndToEnd;
using Veil.EndToEnd.Crashes;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// The tests; and, as a child of theirs, a process that is there to be killed.
if (args is [Victim.Verb, var part, var folder, var first])
{
    await Victim.RunAsync(part, folder, first);
    return 0;
}

return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
    ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
