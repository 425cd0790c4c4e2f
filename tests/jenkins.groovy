// Plays the part of Jenkins for a Declarative Jenkinsfile, without a server: reads it against a strict model of the
// language, and with RUN=1 runs its stages as they would be run for the variables of the environment.
//
//     java -cp "JARS/*" groovy.ui.GroovyMain jenkins.groovy Jenkinsfile
//
// An unknown name, a name at the wrong place or a syntax error ends it with status 2, a failed stage with status 1. Each
// line says where it is: "[Tests] sh: …", "[Tests] FAILED". ONLY=Lint,Tests runs these stages, and takes the other ones
// for passed. Credentials are named in the environment: for the id
// staging-key, CREDENTIAL_staging_key is the path of a file, or user:password.

class Node {
    String name
    List args = []
    List<Node> children = []
    Map values = [:]
    Closure body

    Node child(String wanted) { children.find { it.name == wanted } }

    List<Node> all(String wanted) { children.findAll { it.name == wanted } }
}

class Language {
    static final List STEPS = ['sh', 'echo', 'error', 'junit', 'recordCoverage', 'archiveArtifacts', 'withCredentials',
        'input', 'lock', 'timeout']
    static final List BINDINGS = ['usernamePassword', 'string', 'file']
    static final List CONDITIONS = ['branch', 'buildingTag', 'changeRequest', 'expression', 'not', 'allOf', 'anyOf',
        'triggeredBy', 'beforeAgent', 'beforeInput']
    static final List POST = ['always', 'success', 'failure', 'unstable', 'changed', 'aborted', 'cleanup']
    static final List OPTIONS = ['buildDiscarder', 'logRotator', 'disableConcurrentBuilds', 'timestamps', 'timeout']
    static final Map ALLOWED = [
        '': ['pipeline'],
        pipeline: ['agent', 'environment', 'options', 'parameters', 'post', 'stages', 'tools', 'triggers'],
        stages: ['stage'],
        parallel: ['stage'],
        stage: ['agent', 'environment', 'failFast', 'input', 'options', 'parallel', 'post', 'stages', 'steps', 'tools', 'when'],
        agent: ['label'],
        input: ['message', 'ok', 'submitter'],
        options: OPTIONS,
        triggers: ['cron', 'pollSCM'],
        when: CONDITIONS,
        not: CONDITIONS,
        allOf: CONDITIONS,
        anyOf: CONDITIONS,
        post: POST,
        environment: [],
        steps: STEPS,
        withCredentials: STEPS,
        lock: STEPS,
        timeout: STEPS,
    ] + POST.collectEntries { [it, STEPS] }
    static final Map NEEDED = [pipeline: ['agent', 'stages'], stages: ['stage'], input: ['message']]
}

// What every block of the file talks to.
class Reader {
    Map env
    List<Node> path = [new Node(name: '')]
    List<String> faults = []

    def invokeMethod(String name, Object arguments) {
        List args = arguments as List
        def here = path[-1]
        if (name in Language.BINDINGS && here.name != 'expression') return [kind: name] + (args[0] as Map)
        if (name == 'logRotator') return args[0]
        if (!(name in Language.ALLOWED[here.name]))
            faults << "'$name' is not allowed inside '${here.name ?: 'the file'}'".toString()
        def body = args && args[-1] instanceof Closure ? args[-1] : null
        def node = new Node(name: name, args: body ? args[0..<-1] : args, body: body)
        here.children << node
        if (body != null && name != 'expression') {
            path << node
            body.delegate = this
            body.resolveStrategy = Closure.DELEGATE_ONLY
            body.call()
            path.remove(path.size() - 1)
            complete(node)
        }
        return node
    }

    void complete(Node node) {
        Language.NEEDED[node.name]?.each { if (!node.child(it)) faults << "'${node.name}' has no '$it'".toString() }
        def ways = ['steps', 'stages', 'parallel'].findAll { node.child(it) }
        if (node.name == 'stage' && ways.size() != 1)
            faults << "stage '${node.args[0]}' needs one of steps, stages and parallel".toString()
        if (node.name == 'parallel' && node.all('stage').any { it.child('parallel') })
            faults << "'parallel' is not allowed inside 'parallel'"
    }

    def getProperty(String name) {
        if (name in ['env', 'path', 'faults']) return this.@"$name"
        if (name in ['any', 'none']) return name
        throw new MissingPropertyException("unknown name '$name'")
    }

    void setProperty(String name, value) {
        if (path[-1].name != 'environment') throw new MissingPropertyException("'$name' cannot be set here")
        path[-1].values[name] = value.toString()
        // That of the pipeline is seen by every expression. As in Jenkins, what is empty is not set.
        if (path[-2].name == 'pipeline') value ? env.put(name, value.toString()) : env.remove(name)
    }
}

class Runner {
    Map env
    boolean failed = false
    Set<String> masked = []

    void pipeline(Node node) { stages(node.child('stages').all('stage'), env) }

    boolean approved(Node stage, Object message, Object submitter) {
        say(stage, "asks${submitter ? " $submitter" : ''}: $message")
        env.APPROVE == 'yes'
    }

    void stages(List<Node> list, Map variables) {
        for (stage in list) {
            if (failed) say(stage, 'not reached')
            else this.stage(stage, variables)
        }
    }

    void stage(Node node, Map variables) {
        if (node.child('when')?.children?.any { !holds(it) }) {
            say(node, 'skipped')
            return
        }
        def input = node.child('input')
        failed = input && !approved(node, input.child('message').args[0], input.child('submitter')?.args?.getAt(0))
        if (failed) {
            say(node, 'ABORTED')
            return
        }
        variables = variables + (node.child('environment')?.values ?: [:])
        if (node.child('stages')) stages(node.child('stages').all('stage'), variables)
        else if (node.child('parallel')) parallel(node, variables)
        else steps(node, variables)
    }

    void parallel(Node node, Map variables) {
        boolean any = false
        for (branch in node.child('parallel').all('stage')) {
            stage(branch, variables)
            any |= failed
            failed = false
        }
        failed = any
    }

    void steps(Node node, Map variables) {
        if (env.ONLY && !(node.args[0] in env.ONLY.split(',').toList())) {
            say(node, 'taken for passed')
            return
        }
        say(node, 'begins')
        boolean ok = sequence(node, node.child('steps'), variables)
        def post = node.child('post')
        for (name in ['always', ok ? 'success' : 'failure', 'cleanup'])
            if (post?.child(name)) ok = sequence(node, post.child(name), variables) && ok
        say(node, ok ? 'passed' : 'FAILED')
        failed |= !ok
    }

    boolean sequence(Node stage, Node block, Map variables) {
        block.children.every { step(stage, it, variables) }
    }

    boolean step(Node stage, Node node, Map variables) {
        switch (node.name) {
            case 'sh': return shell(stage, node.args[0] instanceof Map ? node.args[0].script : node.args[0], variables)
            case 'withCredentials': return sequence(stage, node, variables + secrets(node.args[0]))
            case 'lock':
                say(stage, "has the lock: ${node.args[0]}")
                return sequence(stage, node, variables)
            case 'timeout': return sequence(stage, node, variables)
            case 'input': return approved(stage, node.args[0].message, node.args[0].submitter)
            case 'junit': return exists(stage, node.args[0], /<testcase /)
            case 'recordCoverage': return exists(stage, node.args[0].tools[0].pattern, /<coverage /)
            case 'archiveArtifacts': return node.args[0].artifacts.split(/, */).every { exists(stage, it, /./) }
            default: return node.name == 'echo'
        }
    }

    boolean shell(Node stage, String text, Map variables) {
        say(stage, "sh: $text")
        def builder = new ProcessBuilder('sh', '-xec', text).redirectErrorStream(true)
        builder.environment().putAll(variables.collectEntries { [it.key, it.value.toString()] })
        def process = builder.start()
        // As Jenkins does: what a credential holds is not shown.
        process.inputStream.eachLine { line ->
            def shown = line
            masked.each { secret -> shown = shown.replace(secret, '****') }
            println "    $shown"
        }
        process.waitFor() == 0
    }

    Map secrets(List bindings) {
        bindings.collectEntries { binding ->
            def value = env["CREDENTIAL_${binding.credentialsId.replace('-', '_')}".toString()]
            if (value == null) throw new IllegalStateException("There is no credential ${binding.credentialsId}.")
            masked << (binding.kind == 'usernamePassword' ? value.split(':')[1] : value)
            binding.kind == 'usernamePassword'
                ? [(binding.usernameVariable): value.split(':')[0], (binding.passwordVariable): value.split(':')[1]]
                : [(binding.variable): value]
        }
    }

    boolean exists(Node stage, String name, pattern) {
        def file = new File(name)
        boolean found = file.isFile() && file.text =~ pattern
        say(stage, "$name ${found ? 'is there' : 'is missing'}")
        found
    }

    boolean holds(Node condition) {
        switch (condition.name) {
            case 'branch': return env.BRANCH_NAME == condition.args[0]
            case 'buildingTag': return env.TAG_NAME
            case 'changeRequest': return env.CHANGE_ID
            case 'triggeredBy': return env.TRIGGER == condition.args[0]
            case 'not': return !holds(condition.children[0])
            case 'allOf': return condition.children.every { holds(it) }
            case 'anyOf': return condition.children.any { holds(it) }
            case 'expression':
                condition.body.delegate = [env: env]
                condition.body.resolveStrategy = Closure.DELEGATE_ONLY
                return condition.body.call()
            default: return true
        }
    }

    void say(Node stage, Object text) { println "[${stage.args[0]}] $text" }
}

abstract class OfTheReader extends Script {
    static Reader reader

    def invokeMethod(String name, Object arguments) { reader.invokeMethod(name, arguments) }
}

def variables = ([WORKSPACE_TMP: new File('').absolutePath + '@tmp'] + System.getenv().findAll { it.value != '' })
    .withDefault { null }
def reader = new Reader(env: variables)
OfTheReader.reader = reader
def compiler = new org.codehaus.groovy.control.CompilerConfiguration(scriptBaseClass: 'OfTheReader')
try {
    new GroovyShell(this.class.classLoader, new Binding(), compiler).parse(new File(args[0]).text, 'Jenkinsfile').run()
} catch (Throwable problem) {
    reader.faults << problem.toString()
}
def root = reader.path[0].child('pipeline')
if (!root && !reader.faults) reader.faults << 'There is no pipeline.'
reader.faults.each { System.err.println "Jenkinsfile: $it" }
if (reader.faults) System.exit(2)
if (System.getenv('RUN')) {
    def runner = new Runner(env: [:] + variables)
    runner.pipeline(root)
    System.exit(runner.failed ? 1 : 0)
}
