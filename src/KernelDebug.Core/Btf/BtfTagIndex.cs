namespace KernelDebug.Btf;

/// <summary>The declaration tags by the type they are on: they point at it, not it at them.</summary>
internal sealed class BtfTagIndex
{
    private readonly Dictionary<uint, List<uint>> _tags = [];

    /// <summary>Indexes a file's own tags.</summary>
    public static BtfTagIndex Build(BtfFile file)
    {
        var index = new BtfTagIndex();
        for (uint id = file.FirstId; id < file.EndId; id++)
        {
            if (file.KindOf(id) == BtfKind.DeclarationTag)
            {
                uint target = ((BtfDeclarationTag)file[id]).TargetId;
                if (!index._tags.TryGetValue(target, out List<uint>? tags))
                {
                    index._tags.Add(target, tags = []);
                }

                tags.Add(id);
            }
        }

        return index;
    }

    /// <summary>The ids of a type's tags.</summary>
    public IReadOnlyList<uint> IdsOf(uint target) => _tags.TryGetValue(target, out List<uint>? tags) ? tags : [];
}
