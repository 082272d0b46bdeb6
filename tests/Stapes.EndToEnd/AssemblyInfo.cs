using Stapes.EndToEnd.Peers;

[assembly: AssemblyFixture(typeof(PeerServers))]
