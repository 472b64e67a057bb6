package report

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Machine describes the machine and the versions of a run.
type Machine struct {
	Commit   string
	Date     time.Time
	CPU      string
	Cores    int
	Procs    int
	Go       string
	Versions []string // of the modules that were compared
}

// compared are the modules whose versions are reported.
var compared = map[string]bool{
	"github.com/configcat/go-sdk/v9":           true,
	"github.com/growthbook/growthbook-golang":  true,
	"github.com/launchdarkly/go-server-sdk/v7": true,
	"github.com/open-feature/flagd/core":       true,
	"github.com/open-feature/go-sdk":           true,
	"github.com/twmb/murmur3":                  true,
	"github.com/go-json-experiment/json":       true,
	"github.com/launchdarkly/go-sdk-common/v3": true,
}

// ThisMachine describes the machine that runs this program.
func ThisMachine() Machine {
	m := Machine{
		Commit: commit(), Date: time.Now().UTC(), CPU: cpu(), Cores: runtime.NumCPU(), Procs: runtime.GOMAXPROCS(0),
		Go: fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if compared[d.Path] {
				m.Versions = append(m.Versions, d.Path+" "+d.Version)
			}
		}
	}
	return m
}

// commitLine begins the line with the commit and the day of a run.
const commitLine = "- becket at commit "

// Describe writes the commit, the date, the machine and the version of Go as a list.
func (m Machine) Describe(b *strings.Builder) {
	fmt.Fprintf(b, "%s%s, on %s\n", commitLine, m.Commit, m.Date.Format(time.DateOnly))
	fmt.Fprintf(b, "- %s, %d cores, GOMAXPROCS %d\n", m.CPU, m.Cores, m.Procs)
	fmt.Fprintf(b, "- %s\n", m.Go)
}

func (m Machine) markdown(b *strings.Builder) {
	m.Describe(b)
	for _, v := range m.Versions {
		fmt.Fprintf(b, "- %s\n", v)
	}
}

// commit names the commit, and says whether the tree has other changes.
func commit() string {
	hash, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	text := strings.TrimSpace(string(hash))
	status := exec.Command("git", "status", "--porcelain", "--untracked-files=no", "--", "..", ":!RESULTS.md",
		":!PUSH.md")
	changed, err := status.Output()
	if err == nil && len(changed) > 0 {
		text += " with uncommitted changes"
	}
	return text
}

func cpu() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(info)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
