using Veil.Tools.Testnet;

return await new TestnetCommand(TimeProvider.System).RunAsync(args);
