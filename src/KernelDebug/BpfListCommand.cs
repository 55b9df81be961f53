using System.Management.Automation;

namespace KernelDebug.Commands;

/// <summary>A cmdlet that lists something of BPF in the running kernel, all of it or by number or name.</summary>
public abstract class BpfListCommand<T> : PSCmdlet where T : class
{
    private protected const string NameSet = "Name";
    private protected const string IdSet = "Id";

    /// <summary>Numbers.</summary>
    [Parameter(Mandatory = true, ParameterSetName = IdSet, ValueFromPipelineByPropertyName = true)]
    public uint[] Id { get; set; } = [];

    private protected abstract string ErrorId { get; }

    private protected abstract string What { get; }

    private protected abstract IReadOnlyList<T> List();

    private protected abstract uint IdOf(T item);

    /// <summary>Writes those that are wanted. A number or a plain name that is none is an error, and the next goes on.</summary>
    private protected void Write(string[] names, Func<T, string> nameOf)
    {
        IReadOnlyList<T> all;
        try
        {
            all = List();
        }
        catch (Exception cause) when (BpfErrors.IsExpected(cause))
        {
            WriteError(BpfErrors.Create(cause, "BPF"));
            return;
        }

        if (ParameterSetName == IdSet)
        {
            foreach (uint id in Id)
            {
                Write(all.Where(item => IdOf(item) == id), $"There is no {What} {id} in the kernel.", id);
            }

            return;
        }

        foreach (string name in names)
        {
            var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            Write(all.Where(item => pattern.IsMatch(nameOf(item))), WildcardPattern.ContainsWildcardCharacters(name) ? null : $"There is no {What} {name} in the kernel.", name);
        }
    }

    private void Write(IEnumerable<T> found, string? problem, object target)
    {
        bool any = false;
        foreach (T item in found)
        {
            any = true;
            WriteObject(item);
        }

        if (!any && problem is not null)
        {
            string shown = Formatting.ControlText.MakeNameVisible(problem);
            WriteError(CommandErrors.Create(
                new ItemNotFoundException(shown), ErrorId, ErrorCategory.ObjectNotFound, target, shown, $"Without arguments {MyInvocation.MyCommand?.Name} lists them all."));
        }
    }
}
