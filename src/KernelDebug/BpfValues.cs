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
}
