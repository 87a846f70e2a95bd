using Veil.Bench;
using Veil.Bench.Content;
using Veil.Bench.Streams;

// A new bench is a file of its own and a line here.
var options = new BenchOptions(args);
IBench[] benches =
[
    new RawBench(), new TcpBench(), new DemoBench(), new StoreBench(args), new HoldBench(options),
    new SetupBench(options), new IdleBench(options), new RelayBench(options),
    new CircuitBench(options), new DelayBench(options), new FairBench(options), new LimitsBench(options),
    new StalledBench(options), new ContentBench(options), new VideoBench(options), new DenyBench(options),
    new StampBench(options),
];

if (args is [ChildProcess.PlayArgument, var played, var role, .. var rest])
{
    ParentProcess.Watch();
    await benches.Single(bench => bench.Name == played).PlayAsync(role, rest);
    return 0;
}

var json = args.Contains("--json");
var names = args.Where(argument => argument != "--json").ToArray();
if (names is not [var name, ..] || benches.FirstOrDefault(bench => bench.Name == name) is not { } chosen)
{
    Console.Error.WriteLine("usage: tools/bench NAME [--json] [options of the bench]");
    foreach (var bench in benches)
    {
        Console.Error.WriteLine($"  {bench.Name,-8} {bench.Summary}");
    }

    return 2;
}

try
{
    var report = chosen.Run();
    if (json)
    {
        Console.WriteLine(report.ToJson());
    }
    else
    {
        report.WriteTo(Console.Out);
    }

    return 0;
}
catch (IOException fault)
{
    Console.Error.WriteLine($"bench: {fault.Message}");
    return 1;
}
