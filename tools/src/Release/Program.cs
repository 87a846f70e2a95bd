using Veil.Tools.Release;

return await new ReleaseCommand().RunAsync(args);
