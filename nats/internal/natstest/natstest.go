// Package natstest runs NATS servers as child processes, for tests and benchmarks, so that they can
// be killed and stopped. Only tests and benchmarks use it.
package natstest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// variable is the environment variable that makes a program a server.
const variable = "BECKET_NATS_SERVER"

// Main runs a server and never returns, if the process was started by [Node.Start]. A program that
// starts nodes must call it first.
func Main() {
	config := os.Getenv(variable)
	if config == "" {
		return
	}
	os.Exit(serve(config))
}

func serve(config string) int {
	options, err := server.ProcessConfigFile(config)
	if err == nil {
		var s *server.Server
		if s, err = server.NewServer(options); err == nil {
			s.ConfigureLogger()
			s.Start()
			parent := os.Getppid()
			ended := make(chan os.Signal, 1)
			signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
			for os.Getppid() == parent { // the server ends with the program that started it
				select {
				case <-ended:
					s.Shutdown()
					return 0
				case <-time.After(time.Second):
				}
			}
			return 0
		}
	}
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

// Node is a server in a process of its own.
type Node struct {
	Name    string
	Port    int
	Folder  string
	Program string // the path of another server, such as Debian's; "" for the one of go.mod
	Config  string // further lines of the configuration
	Plain   bool   // the node has no JetStream

	routePort int
	routes    []string
	cluster   string

	mutex   sync.Mutex
	process *exec.Cmd
	log     strings.Builder
}

// NewNode returns a node that stores its files in a folder. It does not start it.
func NewNode(name, folder string) (*Node, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	return &Node{Name: name, Port: port, Folder: filepath.Join(folder, name)}, nil
}

// NewCluster returns nodes that form a cluster, or one node without a cluster.
func NewCluster(size int, folder string) (nodes []*Node, err error) {
	var routes []string
	for i := range size {
		node, err := NewNode(fmt.Sprintf("n%d", i+1), folder)
		if err != nil {
			return nil, err
		}
		if node.routePort, err = freePort(); err != nil {
			return nil, err
		}
		if size > 1 {
			node.cluster = "becket"
		}
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", node.routePort))
		nodes = append(nodes, node)
	}
	for _, node := range nodes {
		node.routes = routes
	}
	return nodes, nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("the listener has no TCP address")
	}
	return address.Port, nil
}

// URL returns the address for clients.
func (n *Node) URL() string { return "nats://" + n.Address() }

// Address returns the address for clients without a scheme.
func (n *Node) Address() string { return fmt.Sprintf("127.0.0.1:%d", n.Port) }

// Start starts the server, and waits until it listens. It may be called again after Kill.
func (n *Node) Start() error {
	file, err := n.Configure()
	if err != nil {
		return err
	}
	command := exec.Command(n.Program, "-c", file) //nolint:gosec // a server that the test names
	if n.Program == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		command = exec.Command(self) //nolint:gosec // this program
		command.Env = append(os.Environ(), variable+"="+file)
	}
	command.Stderr, command.Stdout = n, n
	if err := command.Start(); err != nil {
		return err
	}
	n.mutex.Lock()
	n.process = command
	n.mutex.Unlock()
	return n.wait()
}

// Configure writes the configuration, and returns the name of its file. A running server reads it
// again after [Node.Signal] with SIGHUP.
func (n *Node) Configure() (file string, err error) {
	if err := os.MkdirAll(n.Folder, 0o700); err != nil {
		return "", err
	}
	text := fmt.Sprintf("server_name: %s\nlisten: %q\n%s\n", n.Name, n.Address(), n.Config)
	if !n.Plain {
		text += fmt.Sprintf("jetstream: {store_dir: %q}\n", n.Folder)
	}
	if n.cluster != "" {
		text += fmt.Sprintf("cluster: {name: %s, listen: \"127.0.0.1:%d\", routes: [%s]}\n", n.cluster, n.routePort,
			strings.Join(n.routes, ", "))
	}
	file = filepath.Join(n.Folder, "server.conf")
	return file, os.WriteFile(file, []byte(text), 0o600)
}

func (n *Node) wait() error {
	const limit, pause = 30 * time.Second, 20 * time.Millisecond
	for began := time.Now(); time.Since(began) < limit; time.Sleep(pause) {
		connection, err := net.DialTimeout("tcp", n.Address(), time.Second)
		if err == nil {
			return connection.Close()
		}
	}
	return fmt.Errorf("%s does not listen: %s", n.Name, n.Log())
}

// Signal sends a signal to the server.
func (n *Node) Signal(s os.Signal) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.process == nil {
		return nil
	}
	return n.process.Process.Signal(s)
}

// Kill ends the server by SIGKILL and waits for its end. It may be called more than once.
func (n *Node) Kill() {
	n.mutex.Lock()
	process := n.process
	n.process = nil
	n.mutex.Unlock()
	if process != nil {
		_ = process.Process.Kill()
		_ = process.Wait() // it was killed, which is an error
	}
}

// Write adds to the log.
func (n *Node) Write(p []byte) (int, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.log.Write(p)
}

// Log returns the output of the server.
func (n *Node) Log() string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.log.String()
}

// StartAll starts nodes, and waits until JetStream works, as a cluster if they are one.
func StartAll(nodes []*Node, options ...nats.Option) error {
	failed := make(chan error, len(nodes))
	for _, node := range nodes {
		go func() { failed <- node.Start() }()
	}
	var errs []error
	for range nodes {
		errs = append(errs, <-failed)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	conn, err := nats.Connect(nodes[0].URL(), options...)
	if err != nil {
		return err
	}
	defer conn.Close()
	return ready(conn)
}

// ready waits until JetStream answers.
func ready(conn *nats.Conn) error {
	const limit, pause = time.Minute, 50 * time.Millisecond
	js, err := conn.JetStream(nats.MaxWait(time.Second))
	if err != nil {
		return err
	}
	for began := time.Now(); ; time.Sleep(pause) {
		if _, err = js.AccountInfo(); err == nil || time.Since(began) > limit {
			return err
		}
	}
}

// KillAll ends nodes.
func KillAll(nodes []*Node) {
	for _, node := range nodes {
		node.Kill()
	}
}
