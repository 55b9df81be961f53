using System.Management.Automation;
using KernelDebug.Btf;

namespace KernelDebug.Commands;

/// <summary>Read-BtfValue: bytes of memory and their type in, an object out.</summary>
[Cmdlet(VerbsCommunications.Read, "BtfValue", DefaultParameterSetName = KernelSet)]
[OutputType(typeof(BtfRecordObject))]
public sealed class ReadBtfValueCommand : BtfCommand
{
    private readonly List<byte> _bytes = [];

    /// <summary>The type: a name, or a type of Get-BtfType, a member or a parameter of one.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(BtfNameCompleter))]
    public object Type { get; set; } = "";

    /// <summary>The bytes; of the pipeline all together are one value.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true)]
    [AllowEmptyCollection]
    [BytesTransformation]
    public byte[] InputObject { get; set; } = [];

    /// <summary>Bytes before the value.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int Offset { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => _bytes.AddRange(InputObject);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        object given = Type is PSObject wrapped ? wrapped.BaseObject : Type;
        string name = given.ToString() ?? "";
        BtfType? type = given switch
        {
            BtfType known => known,
            BtfMember member => member.Type,
            BtfParameter parameter => parameter.Type,
            _ => Find(name),
        };
        if (type is null)
        {
            return;
        }

        byte[] bytes = [.. _bytes.Skip(Offset)];
        try
        {
            _ = Guard(name, () =>
            {
                WriteObject(BtfRecordClass.Wrap(BtfValueReader.Read(type, bytes)));
                return type;
            });
        }
        catch (ArgumentException cause)
        {
            WriteError(CommandErrors.Create(cause, "BtfTypeWithoutValues", ErrorCategory.InvalidArgument, name, cause.Message, "Name a structure, union, enumeration, integer or a typedef of one."));
        }
    }

    private BtfType? Find(string name)
    {
        List<BtfFile> files = [.. OpenFiles()];
        BtfType? type = files.Select(file => Guard(name, () => file.Find(name)!)).FirstOrDefault(found => found is not null);
        if (type is null && files.Count > 0)
        {
            WriteNotFound("BtfTypeNotFound", name, $"There is no type {name}.", $"A pattern finds its like: Get-BtfType '*{name}*'.");
        }

        return type;
    }
}
