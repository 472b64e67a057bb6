package main

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed equivalent.txt
var equivalentList string

// equivalent is a change that makes no difference.
type equivalent struct{ file, line, what string }

// readEquivalents reads the list of changes that make no difference.
func readEquivalents(list string) (all []equivalent, err error) {
	for number, line := range strings.Split(strings.TrimSpace(list), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 4 || slices.Contains(fields, "") {
			return nil, fmt.Errorf("equivalent.txt:%d: it needs a file, a line, a change and a reason", number+1)
		}
		all = append(all, equivalent{fields[0], fields[1], fields[2]})
	}
	return all, nil
}

// withoutEquivalent returns the mutants of a package that may make a difference. The list belongs
// to the root package. An entry that fits no mutant of its file is an error, so that the list does
// not outlive the code.
func withoutEquivalent(root string, mutants []mutant) ([]mutant, error) {
	list, err := readEquivalents(equivalentList)
	if err != nil {
		return nil, err
	}
	lines, used := map[string][]string{}, map[equivalent]bool{}
	var rest []mutant
	for _, m := range mutants {
		if lines[m.File] == nil {
			source, err := os.ReadFile(m.File)
			if err != nil {
				return nil, err
			}
			lines[m.File] = strings.Split(string(source), "\n")
		}
		name, err := filepath.Rel(root, m.File)
		if err != nil {
			return nil, err
		}
		entry := equivalent{filepath.ToSlash(name), strings.TrimSpace(lines[m.File][m.Line-1]), m.What}
		if slices.Contains(list, entry) {
			used[entry] = true
			continue
		}
		rest = append(rest, m)
	}
	for _, entry := range list {
		if _, read := lines[filepath.Join(root, entry.file)]; read && !used[entry] {
			return nil, fmt.Errorf("equivalent.txt: %s has no line %q with the change %q",
				entry.file, entry.line, entry.what)
		}
	}
	return rest, nil
}
