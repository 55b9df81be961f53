namespace KernelDebug.Btf;

/// <summary>Types by the names that C code has for them, of which compilers keep one: BTF has <c>long unsigned int</c>, and no <c>unsigned long</c>.</summary>
internal static class CTypeNames
{
    /// <summary>The type of a name: <c>struct iphdr</c>, <c>u32</c>, <c>unsigned long</c>, <c>void</c>; null where there is none.</summary>
    public static BtfType? Find(BtfFile types, string name) => name == "void" ? BtfVoid.Instance : types.Find(Canonical(name));

    /// <summary>C's integers as compilers name them in BTF; other names as they are.</summary>
    public static string Canonical(string name)
    {
        string[] words = name.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words.Any(word => word is not ("unsigned" or "signed" or "long" or "short" or "int" or "char")))
        {
            return string.Join(' ', words);
        }

        string sign = words.Contains("unsigned") ? "unsigned " : "";
        return (words.Contains("char"), words.Contains("short"), words.Count(word => word == "long")) switch
        {
            (true, _, _) => words.Contains("signed") ? "signed char" : sign + "char",
            (_, true, _) => $"short {sign}int",
            (_, _, 0) => sign + "int",
            (_, _, 1) => $"long {sign}int",
            _ => $"long long {sign}int",
        };
    }
}
