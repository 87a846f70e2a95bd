using Veil.Tools.Simulate;

return new SimulateCommand(TimeProvider.System).Run(args);
