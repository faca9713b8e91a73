# The list of parts in CycloneDX's words, from src/Dynode.Native/packages.lock.json: what the native binary is linked from.
# Given: version, commit, compiler (of the SDK), glibc (which the static binary has in it).
{
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  version: 1,
  metadata: { component: { type: "application", name: "dynode", version: $version, licenses: [{ license: { id: "MIT" } }],
    properties: [{ name: "commit", value: $commit }, { name: "sdk", value: $compiler }] } },
  components: ([
    [.dependencies | to_entries[] | .value | to_entries[]]
    | map(select(.value.type != "Project"))
    | unique_by(.key)
    | .[]
    # What compiles it and what judges its sources is no part of it.
    | select(.key | test("BannedApiAnalyzers|^Microsoft.NET.ILLink") | not)
    | { type: "library", name: .key, version: .value.resolved, purl: "pkg:nuget/\(.key)@\(.value.resolved)" }
  ] + [{ type: "library", name: "glibc", version: $glibc, description: "of the binary without shared libraries alone",
    licenses: [{ license: { id: "LGPL-2.1-or-later" } }], purl: "pkg:deb/debian/libc6-dev@\($glibc)" }])
}
