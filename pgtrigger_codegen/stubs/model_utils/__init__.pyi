from model_utils.tracker import FieldTracker, ModelTracker
