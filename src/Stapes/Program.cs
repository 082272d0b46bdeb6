Console.WriteLine("stapes");
