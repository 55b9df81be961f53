using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>Values of PowerShell's for the engine.</summary>
internal static class BpfValues
{
    /// <summary>What PowerShell has for a value, as the engine takes it: dictionaries, lists and plain values.</summary>
    public static object? Plain(object? value)
    {
        object? bare = value is PSObject wrapped ? wrapped.BaseObject : value;
        return bare switch
        {
            System.Collections.IDictionary members => members.Keys.Cast<object>().ToDictionary(key => key, key => Plain(members[key])),
            PSCustomObject => ((PSObject)value!).Properties.ToDictionary(property => (object)property.Name, property => Plain(property.Value)),
            byte[] => bare,
            System.Collections.IList elements => elements.Cast<object?>().Select(Plain).ToArray(),
            _ => bare,
        };
    }

    /// <summary>A table the user gave, by name.</summary>
    /// <param name="table">The table.</param>
    /// <param name="parameter">The parameter it was given for.</param>
    /// <exception cref="ArgumentException">A value is not of the kind.</exception>
    public static Dictionary<string, T> Table<T>(System.Collections.Hashtable table, string parameter) => table.Cast<System.Collections.DictionaryEntry>().ToDictionary(
        entry => entry.Key.ToString()!,
        entry => LanguagePrimitives.TryConvertTo(entry.Value, out T converted)
            ? converted
            : throw new ArgumentException($"-{parameter}: expected for {entry.Key} what is or becomes a {typeof(T).Name}, have {entry.Value}"),
        StringComparer.Ordinal);
}
