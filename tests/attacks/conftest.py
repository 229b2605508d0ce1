"""How many tries the attacks make."""


def pytest_addoption(parser):
    parser.addoption("--attack-scale", type=float, default=1.0, help="how many times as many tries")
