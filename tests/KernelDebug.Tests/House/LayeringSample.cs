using System.Runtime.InteropServices;
using KernelDebug.Tests.House.Sample.Upper;

// A small house with one fault of each kind, for the checker to find. Upper may know Lower; Lower may know nothing.
namespace KernelDebug.Tests.House.Sample.Lower
{
    public class Innocent
    {
        public static int Count(string text) => text.Length;
    }

    public class ByField
    {
        public IReadOnlyList<UpperThing>? Things { get; set; }
    }

    public class ByLambda
    {
        public static Func<int> Make() => () => new UpperThing().Number;
    }

    public class ByStaticCall
    {
        public static string Call() => UpperMore.Name<string>();
    }

    public class ByTypeArgument
    {
        public static int Call() => Array.Empty<UpperThing>().Length;
    }

    [UpperMark]
    public class ByMark;

    public class ByCatch
    {
        public static bool Call(Action action)
        {
            try
            {
                action();
            }
            catch (UpperException)
            {
                return false;
            }
            return true;
        }
    }

    public class BehindSwitch
    {
        public static int Call(int number)
        {
            switch (number)
            {
                case 0: return 7;
                case 1: return 5;
                case 2: return 3;
                case 3: return 2;
                case 4: return 1;
                default: return new UpperThing().Number;
            }
        }
    }

    public static class ByImport
    {
        [DllImport("none", EntryPoint = "none")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int None();
    }

    public static class ByConnection
    {
        public static string Name() => System.Net.Dns.GetHostName();
    }
}

namespace KernelDebug.Tests.House.Sample.Upper
{
    public class UpperThing
    {
        public int Number { get; } = Lower.Innocent.Count("allowed");
    }

    public static class UpperMore
    {
        public static string Name<T>() => typeof(T).Name;
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class UpperMarkAttribute : Attribute;

    public class UpperException : Exception;
}

namespace KernelDebug.Tests.House.Sample.Unnamed
{
    public class Stranger
    {
        public static int Call() => Lower.Innocent.Count("");
    }
}
